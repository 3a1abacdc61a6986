package learnertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"runtime/metrics"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var snapshotChecks = []check{
	{name: "snapshot_round_trip", of: registry.Snapshotter, run: snapshotRoundTrip},
	{name: "snapshot_damaged", of: registry.Snapshotter, run: snapshotDamaged},
	{name: "snapshot_hostile", of: registry.Snapshotter, run: snapshotHostile},
}

// snapshot stores m, which must succeed.
func (k *trial) snapshot(m learner.Estimator) []byte {
	k.Helper()
	data, err := m.(learner.Snapshotter).MarshalBinary()
	k.must(err == nil, "MarshalBinary: %v", err)
	k.must(len(data) > 0, "MarshalBinary answers nothing")
	return data
}

// restore reads data, which must succeed, into m.
func (k *trial) restore(m learner.Estimator, data []byte) learner.Estimator {
	k.Helper()
	err := m.(learner.Snapshotter).UnmarshalBinary(data)
	k.must(err == nil, "UnmarshalBinary: %v", err)
	return m
}

// snapshotRoundTrip: a model read back answers the same bits, has lost
// nothing when it is stored again, and can be fitted like any other.
func snapshotRoundTrip(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		want := k.ask(m, t.test.X).clone()
		data := k.snapshot(m)
		given := bytes.Clone(data)
		for _, into := range []struct {
			what  string
			model learner.Estimator
		}{
			{"a new model", k.make(learner.Env{Seed: seed + 1, Procs: 2})},
			{"a model fitted before", k.fitted(k.other())},
		} {
			k.restore(into.model, given)
			k.none(want.differs(k.ask(into.model, t.test.X)), "%s: read into %s", t.name, into.what)
			k.check(bytes.Equal(k.snapshot(into.model), data), "%s: read into %s and stored again, the bytes differ", t.name, into.what)
		}
		restored := k.restore(k.model(), given)
		k.check(bytes.Equal(given, data), "%s: UnmarshalBinary changed its input", t.name)
		for i := range given {
			given[i] = 0xaa
		}
		k.none(want.differs(k.ask(restored, t.test.X)), "%s: UnmarshalBinary keeps a reference to its input", t.name)
		clear(k.snapshot(m))
		k.none(want.differs(k.ask(m, t.test.X)), "%s: MarshalBinary gives out the model's own memory", t.name)
		k.refusesRowsOf(restored, t)
		k.sensible(k.fit(restored, k.other()), k.other(), k.other().X, t.name+", fitted after reading")
	}
}

// refusesRowsOf: a model that was read back still knows its width.
func (k *trial) refusesRowsOf(m learner.Estimator, t task) {
	k.Helper()
	_, err := askOf(m, narrower(t.test.X))
	k.refused(err, "a model read back, asked for narrower rows")
}

// snapshotDamaged: every cut, flipped bit and trailing byte is noticed, by an
// error that says so, and the old model is kept.
func snapshotDamaged(k *trial) {
	t := k.main()
	m := k.fitted(t.train)
	before := k.ask(m, t.test.X).clone()
	data := k.snapshot(m)
	try := func(bad []byte, what string, at int) bool {
		k.Helper()
		err := m.(learner.Snapshotter).UnmarshalBinary(bad)
		return k.check(errors.Is(err, learner.ErrSnapshot), "%s %d of %d: got error %v, want learner.ErrSnapshot", what, at, len(data), err)
	}
	for _, n := range places(len(data)) {
		if !try(data[:n], "cut at byte", n) {
			break
		}
	}
	for _, at := range places(len(data)) {
		bad := bytes.Clone(data)
		bad[at] ^= 1 << (at % 8)
		if !try(bad, "bit flipped in byte", at) {
			break
		}
	}
	try(append(bytes.Clone(data), 0), "a byte after", len(data))
	try(append(bytes.Clone(data), data...), "the same again after", len(data))
	try(bytes.Repeat([]byte{0xff}, 256), "nonsense instead of", len(data))
	try(nil, "nothing instead of", len(data))
	k.kept(m, t.test.X, before, "reading damaged snapshots")

	fresh := k.model()
	err := fresh.(learner.Snapshotter).UnmarshalBinary(data[:len(data)/2])
	k.check(err != nil, "half a snapshot: no error")
	_, err = askOf(fresh, t.test.X)
	k.check(errors.Is(err, learner.ErrNotFitted), "Predict after reading half a snapshot: got error %v, want learner.ErrNotFitted", err)
}

// places are up to some two hundred positions in [0, n), all of the first and
// the last few among them.
func places(n int) []int {
	const ends = 64
	middle := repeat.Times(96, 24)
	var at []int
	step := max(1, (n-2*ends)/middle)
	for i := 0; i < n; {
		at = append(at, i)
		if i < ends || i >= n-ends {
			i++
			continue
		}
		i = min(i+step, n-ends)
	}
	return at
}

// snapshotHostile: numbers made up by someone who can also make up the
// checksum cost no panic and no more memory than bounded; what is read
// without an error can be asked without a panic.
func snapshotHostile(k *trial) {
	t := k.main()
	m := k.fitted(t.train)
	data := k.snapshot(m)
	seal := sealer(data)
	body := data
	if seal == nil {
		seal = bytes.Clone
	} else {
		body = data[:len(data)-crc32.Size]
	}
	limit := uint64(16<<20 + 64*len(data))
	into := k.model()
	for _, at := range places(len(body) - 7) {
		for _, value := range []uint64{1<<64 - 1, 0, 1 << 24, 1 << 31, 1 << 40, 1<<61 + 1, 1 << 63}[:repeat.Times(7, 3)] {
			bad := bytes.Clone(body)
			binary.LittleEndian.PutUint64(bad[at:], value)
			bad = seal(bad)
			start := allocated()
			err := into.(learner.Snapshotter).UnmarshalBinary(bad)
			used := allocated() - start
			k.must(used <= limit, "the number %d at byte %d: %d bytes allocated to read %d", value, at, used, len(bad))
			if err != nil {
				k.must(errors.Is(err, learner.ErrSnapshot), "the number %d at byte %d: error %v is no learner.ErrSnapshot", value, at, err)
				continue
			}
			if a, err := askOf(into, t.test.X); err == nil {
				k.must(len(a.predicted) == t.test.Len(), "the number %d at byte %d: %d answers for %d rows", value, at, len(a.predicted), t.test.Len())
			}
		}
	}
	k.restore(into, data)
	k.none(k.ask(m, t.test.X).differs(k.ask(into, t.test.X)), "read after many hostile snapshots")
}

// allocated is how many bytes the program has allocated so far, exact to a few
// pages, which small values are carved from; to ask does not stop the program.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// sealer finds out whether data ends in a CRC-32 of the rest, and returns what
// seals other bytes in that way; nil if it does not.
func sealer(data []byte) func([]byte) []byte {
	if len(data) < crc32.Size {
		return nil
	}
	body, sum := data[:len(data)-crc32.Size], data[len(data)-crc32.Size:]
	for _, table := range []*crc32.Table{crc32.MakeTable(crc32.Castagnoli), crc32.IEEETable} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			seal := func(b []byte) []byte { return order.AppendUint32(b, crc32.Checksum(b, table)) }
			if bytes.Equal(seal(bytes.Clone(body))[len(body):], sum) {
				return seal
			}
		}
	}
	return nil
}
