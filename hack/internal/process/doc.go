// Package process starts the programs that the stories under hack need, each in a process group of its own, finds free
// addresses for them, and waits for what has to happen. It knows nothing of Kubernetes or Seam: what runs, and what a failure
// means, is up to whoever uses it.
package process
