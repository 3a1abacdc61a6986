// Package explanation shows what a master says of its model: importances, coefficients and partial dependences, as tables and as
// pictures.
//
// It is for command explain.
package explanation
