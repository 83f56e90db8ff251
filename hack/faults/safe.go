package main

// isSafe reports whether a plan may come to another end than without its fault.
func isSafe(plan, end) bool { return false }
