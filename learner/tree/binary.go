package tree

// laneRows is how many rows a byte can count.
const laneRows = 255

// searchBinary searches a group of columns that have two values at once, if the evidence allows for it: one addition of
// words counts a row in all eight columns. Rows have to weigh 1 and be of two classes.
func (b *builder[I]) searchBinary(q *query, g int, words []uint64) bool {
	e, ok := b.evidence.(*packed)
	if !ok || !e.unit {
		return false
	}
	var ones, second [chunk]int64 // rows with code 1 by column, and those of the second class among them
	t := e.t[q.lo : q.lo+len(words)]
	for from := 0; from < len(words); from += laneRows {
		var one, two uint64
		part := words[from:min(from+laneRows, len(words))]
		classes := t[from:][:len(part)]
		for i, word := range part {
			one += word
			two += word & -uint64(classes[i]&1)
		}
		for j := range ones {
			ones[j] += int64(one >> (8 * j) & 255)
			second[j] += int64(two >> (8 * j) & 255)
		}
	}
	total := e.moment(b.total)
	for j, f := range b.coded[g*chunk : g*chunk+b.group(g)] {
		left := moment{w: total.w - ones[j], s: total.s - second[j]}
		if left.w < max(b.minLeaf, 1) || ones[j] < max(b.minLeaf, 1) {
			b.found[f] = none
			continue
		}
		num, den := scoreMoment(total, left)
		b.found[f] = split{num: num, den: den, next: 1}
	}
	return true
}
