package config

import (
	"fmt"
	"math"
)

// Faults are what a worker does wrong on purpose, to teach and to test, while a
// master trains in steps. Random choices depend on the worker's seed and the step.
// In a pipeline faults happen until the fit has to recover from a lost stage.
type Faults struct {
	Delay       Duration `yaml:"delay" default:"0s" validate:"gte=0"`
	DelayRate   float64  `yaml:"delay_rate" default:"1" validate:"gte=0,lte=1"`
	Drop        float64  `yaml:"drop" default:"0" validate:"gte=0,lte=1"`
	Corrupt     string   `yaml:"corrupt" default:"none" validate:"oneof=none nan scale sign"`
	CorruptRate float64  `yaml:"corrupt_rate" default:"1" validate:"gte=0,lte=1"`
	DieAt       int      `yaml:"die_at" default:"0" validate:"gte=0"`
	Attack      string   `yaml:"attack" default:"none" validate:"oneof=none sign_flip scaled gaussian label_flip a_little_is_enough"`
	Strength    float64  `yaml:"attack_strength" otherwise:"that of the attack" validate:"gte=0"`
}

// JSON is the faults that are written into a worker's main; "" for none.
func (f Faults) JSON() string {
	attacks := f.Attack != "" && f.Attack != "none"
	if f.Delay == 0 && f.Drop == 0 && f.DieAt == 0 && (f.Corrupt == "" || f.Corrupt == "none") && !attacks {
		return ""
	}
	attack := "" // without one, the text is as it was before there were attacks, and so is the hash of the worker
	if attacks {
		attack = fmt.Sprintf(`,"attack":%q,"attack_strength":%g`, f.Attack, f.Strength)
	}
	return fmt.Sprintf(`{"delay":%g,"delay_rate":%g,"drop":%g,"corrupt":%q,"corrupt_rate":%g,"die_at":%d%s}`,
		math.Round(float64(f.Delay)/1e3)/1e6, f.DelayRate, f.Drop, f.Corrupt, f.CorruptRate, f.DieAt, attack)
}
