// Package seam is the HTTP client for the part of Seam's API that the operator needs: reading credentials and the
// people who hold them, and assigning and unassigning credentials. It tells failures apart by what should happen
// next (see Class), never repeats a write, sends the key to the configured origin only, keeps it out of everything
// that prints, and decodes no PIN code, card number or personal data. It knows nothing of Kubernetes.
package seam
