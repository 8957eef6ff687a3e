// Package law holds the import law: which package of this module may import
// what, so that data keeps travelling one way (kernel, shell, engine, core,
// engine, shell, kernel). Its test compares the table with what go list says
// and looks for clocks and goroutines where none may be.
package law
