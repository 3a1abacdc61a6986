// Package sgd has the linear models that descend by stochastic gradients:
// "sgd-regressor" and "sgd-classifier". Names and parameters are
// scikit-learn's, with two more: batch_size, since a step of several rows costs
// little more than one of a single row, and standardize. Defaults are
// scikit-learn's but for these:
//
//   - batch_size is 32 and standardize true; scikit-learn takes steps of one row,
//     on the columns as they are.
//   - sgd-classifier's loss is log_loss, not hinge, so that it has probabilities;
//     its learning_rate is invscaling with eta0 0.5 and power_t 0.25, not optimal.
//   - tol is a share of the initial loss, which does not depend on the unit of the
//     target; scikit-learn's is an amount. sgd-regressor's is 1e-5, not 1e-3.
//
// What is minimised is
//
//	sum of weight loss(y, x coef + intercept) / sum of weight  +  penalty(coef)
//
// by steps over random mini-batches (Robbins, Monro 1951; Bottou 2012). With
// standardize, x stands for the columns less their mean and divided by their
// standard deviation, and the penalty and the minimum are on that scale; what a
// model predicts from, and its coefficients, are on the scale of the data.
//
// Both learners are Differentiable, so a parameter server can train them. Their
// gradients are those of the rows as given: whoever trains them by gradients
// standardises with package moments and penalises with package penalty, as Fit does.
//
// The losses are those of package loss, the schedules those of package
// optimise. The package imports these, internal/kernel, learner, learner/numeric, learner/snapshot and registry.
package sgd
