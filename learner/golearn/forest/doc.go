// Package forest adapts golearn's random forest (ensemble.NewRandomForest) as
// "golearn-forest-classifier".
//
// It bags ID3 trees (Breiman 1996), each on features drawn once for the whole
// tree (the random subspace method, Ho 1998), where a random forest (Breiman
// 2001) draws at every split. The trees vote; probabilities are shares of the
// votes.
//
// golearn's bootstrap has a fault that the adapter cannot work around: the
// first split of each tree is made on the values of the rows as they were,
// beside the classes of the rows drawn, and so is as good as random; and with
// max_features, the last feature of those drawn is not used. So a tree makes
// use of two features fewer than it draws, and data of one or two features
// gets little better than the largest class.
// golearn-bagged-id3-classifier has neither fault (nor cgo), and forest-classifier,
// on gonum, is better and faster than both.
//
// golearn draws from the global generator, so no seed makes two fits equal. It
// grows all trees at once, on as many threads as there are, and cannot be
// interrupted. A panic of golearn's would be in a goroutine of its own, where
// nobody can recover from it; all that is known to cause one is refused first.
//
// The package needs cgo, since golearn's imports liblinear beside the forest;
// without it there is nothing in here and the learner is not registered. It imports
// learner, learner/golearn/internal, registry and golearn.
package forest
