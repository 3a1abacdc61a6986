package swarm

// identity is a worker's secret; nil if it has none.
func (l *launch) identity(worker string) ([]byte, error) {
	if l.Identity == nil {
		return nil, nil
	}
	return l.Identity.Issue(worker)
}
