// Package seam is the HTTP client for the part of Seam's API that the operator needs: reading credentials and the
// people who hold them, and assigning and unassigning credentials. It tells failures apart by what should happen
// next (see Class), never repeats a write, sends the key to the configured origin only, and keeps keys, PIN codes,
// card numbers and personal data out of everything that prints. It knows nothing of Kubernetes.
package seam
