package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// shownLines is how much of a log a failure shows.
const shownLines = 40

// logs is a temporary folder with a log for each process, and their kubeconfigs.
type logs struct {
	dir   string
	files []*os.File
}

func newLogs() (*logs, error) {
	dir, err := os.MkdirTemp("", "seam-operator-demo-")
	return &logs{dir: dir}, err
}

// create returns the file that a process writes its output to.
func (l *logs) create(name string) *os.File {
	file, err := os.Create(filepath.Join(l.dir, name+".log"))
	if err != nil {
		return os.Stderr
	}
	l.files = append(l.files, file)
	return file
}

// remove deletes the folder; after a failure it shows the end of the log that was created last first.
func (l *logs) remove(show bool) {
	for _, file := range l.files {
		_ = file.Close()
	}
	if show && len(l.files) > 0 {
		showEnd(l.files[len(l.files)-1].Name())
	}
	_ = os.RemoveAll(l.dir)
}

func showEnd(path string) {
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	fmt.Fprintf(os.Stderr, "\n--- the end of %s\n%s", filepath.Base(path), bytes.Join(lines[max(0, len(lines)-shownLines):], nil))
}
