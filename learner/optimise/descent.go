package optimise

// SGD is stochastic gradient descent: p -= lr g (Robbins and Monro, "A
// Stochastic Approximation Method", 1951).
type SGD struct{ memory }

// Step takes one step.
func (o *SGD) Step(params, grad []float64, lr float64) {
	o.begin(0, params, grad)
	for i, g := range grad {
		params[i] -= lr * g
	}
}

// State returns the number of steps.
func (o *SGD) State() State { return o.state(NameSGD) }

// Restore is the inverse of State.
func (o *SGD) Restore(s State) error { return o.restore(NameSGD, 0, s) }

// Momentum is the heavy ball: v = Momentum v - lr g; p += v (Polyak, "Some
// methods of speeding up the convergence of iteration methods", 1964).
type Momentum struct {
	Momentum float64
	memory
}

// Step takes one step.
func (o *Momentum) Step(params, grad []float64, lr float64) {
	o.begin(1, params, grad)
	velocity := o.vectors[0]
	for i, g := range grad {
		v := o.Momentum*velocity[i] - lr*g
		velocity[i] = v
		params[i] += v
	}
}

// State returns the velocity.
func (o *Momentum) State() State { return o.state(NameMomentum) }

// Restore is the inverse of State.
func (o *Momentum) Restore(s State) error { return o.restore(NameMomentum, 1, s) }

// Nesterov is the accelerated gradient (Nesterov, "A method of solving a convex
// programming problem with convergence rate O(1/k^2)", 1983), stated, as is usual,
// in terms of the point at which the gradient is taken (Sutskever, Martens, Dahl,
// Hinton, "On the importance of initialization and momentum in deep learning",
// 2013): v = Momentum v - lr g; p += Momentum v - lr g.
type Nesterov struct {
	Momentum float64
	memory
}

// Step takes one step.
func (o *Nesterov) Step(params, grad []float64, lr float64) {
	o.begin(1, params, grad)
	velocity := o.vectors[0]
	for i, g := range grad {
		v := o.Momentum*velocity[i] - lr*g
		velocity[i] = v
		params[i] += o.Momentum*v - lr*g
	}
}

// State returns the velocity.
func (o *Nesterov) State() State { return o.state(NameNesterov) }

// Restore is the inverse of State.
func (o *Nesterov) Restore(s State) error { return o.restore(NameNesterov, 1, s) }

var (
	_ Optimiser = (*SGD)(nil)
	_ Optimiser = (*Momentum)(nil)
	_ Optimiser = (*Nesterov)(nil)
)
