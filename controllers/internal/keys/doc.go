// Package keys keeps what all objects that call Seam with the same API key share: who may call now and who has to wait,
// the rest after Seam answered 429, what is tried while calls fail, the pages
// that answer many of them at once, and the workspace that the key belongs to, whose keys
// share their part of the workers. It may import pkg/seam, and of Kubernetes
// only its clock. It may not know API types, Secrets, or what objects want from Seam: it is handed a token, and told
// whether the one who asks is urgent.
package keys
