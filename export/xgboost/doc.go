// Package xgboost writes forests as models of XGBoost, in the JSON of its version 1.7, which later versions read as well.
// Every program with XGBoost loads them:
//
//	booster = xgboost.Booster(model_file="model.json")
//	booster.predict(xgboost.DMatrix(rows, feature_names=booster.feature_names))
//
// # What a prediction is
//
// A mean of trees is a sum of trees whose leaves were divided, and a mean of probabilities is no logistic function of
// anything. So models of such trees have the objective reg:squarederror and the base score 0, where a prediction is the plain sum of the
// leaves: of a regression the value, of two classes the probability of the second, and of more classes one output for each, its
// probability. A boosting by itself predicts the same, with the objective of its loss: binary:logistic, multi:softprob or
// count:poisson, if its answers are not the sums themselves; what it begins with is in a tree that is one leaf. Names of classes, and
// of columns that had to be changed because XGBoost does not allow [, ] or < in them, are attributes of the booster ("classes", "columns").
//
// XGBoost computes with float32. Thresholds are chosen such that for every float32 x each tree takes the same branch as the
// learner's does; sums are rounded to 24 bits. Splits of categories take the same branch for every whole number, be it a category or
// not; their columns have the feature type c. Missing values (NaN) go the way they go in the learner.
//
// # What it cannot express
//
// A member that is no forest is refused. So are categories that are not whole numbers from 0, several boostings whose answers are no sums, and a
// preparation of rows, apart from the filling in and the scaling of numbers, which thresholds and directions take up; with
// [Options].Prepared the model is of rows that somebody else has prepared.
package xgboost
