package prepare

// Origin says where a feature comes from.
type Origin struct {
	Feature string // its name, as in Features
	Column  string // of the rows as they come; empty for what is made of all of them, such as a component of a kernel

	// The feature is (x - Center) / Scale of the column's number x; Scale is 0 if it is not scaled, or no number.
	Center, Scale float64
}

// Origins are those of the features, in the order of Features.
func (p *Preparation) Origins() []Origin {
	names := p.Features()
	origins := make([]Origin, 0, len(names))
	if p.Kernel != nil {
		for _, name := range names {
			origins = append(origins, Origin{Feature: name})
		}
		return origins
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.Kind == Dropped {
			continue
		}
		for k := range c.width() {
			o := Origin{Feature: names[len(origins)], Column: c.Name}
			if c.Kind == Numeric && k == 0 { // the second feature of a number is its indicator
				o.Center, o.Scale = c.Center, c.Scale
			}
			origins = append(origins, o)
		}
	}
	return origins
}
