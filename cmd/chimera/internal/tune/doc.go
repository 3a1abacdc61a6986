// Package tune searches for the settings of a chimera.yaml with which cross-validation (package cv) finds the model best.
//
//   - grid: every combination of the values that are listed.
//   - random: draws from lists and distributions (Bergstra and Bengio 2012, "Random search for hyper-parameter
//     optimization").
//   - successive halving: many candidates on few training rows, the best of them on more, and so on (Jamieson and Talwalkar
//     2016, "Non-stochastic best arm identification and hyperparameter optimization"); rungs and rows are those of
//     scikit-learn's HalvingGridSearchCV.
//
// Names and values are checked before anything runs, as chimera.yaml's are, by package config. Everything random depends
// on the seed alone.
//
// The room imports packages trial, cv and picture, config, the catalogue of learners and the registry's descriptions; it
// knows no command.
package tune
