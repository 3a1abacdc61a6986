//go:build ignore

// Command generate makes up visits.csv: who books again after a first visit to a hotel. Nobody's data went into it.
package main

import (
	"bufio"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
)

func main() {
	f, err := os.Create("visits.csv")
	if err != nil {
		log.Fatal(err)
	}
	out, random := bufio.NewWriter(f), rand.New(rand.NewPCG(13, 7))
	fmt.Fprintln(out, "booking,age,nights,spent,channel,room,country,newsletter,returns")
	channels, rooms := []string{"agency", "phone", "website"}, []string{"double", "single", "suite"}
	countries := []string{"Austria", "Denmark", "France", "Italy", "Spain"}
	for i := range 800 {
		age, nights := 18+random.IntN(60), 1+random.IntN(9)
		channel, room, country := random.IntN(3), random.IntN(3), random.IntN(5)
		letter := random.IntN(3) == 0
		spent := float64(nights) * (70 + 40*float64(room) + 15*random.NormFloat64())
		score := 0.25*float64(nights-5) + []float64{-1.2, 0, 1.1}[channel] + 0.5*float64(room-1) - math.Abs(float64(age-45))/20 + 0.9
		if letter {
			score += 1.3
		}
		returns := "no"
		if score+random.NormFloat64()*0.8 > 0 {
			returns = "yes"
		}
		row := []string{fmt.Sprint(age), fmt.Sprint(nights), fmt.Sprintf("%.2f", spent), channels[channel], rooms[room], countries[country], fmt.Sprint(letter)}
		for j, missing := range []string{"?", "", "NA", "?", "", "?", ""} { // one cell in twenty-five is not known
			if random.IntN(25) == 0 {
				row[j] = missing
			}
		}
		fmt.Fprintf(out, "B%04d", i+1)
		for _, cell := range row {
			fmt.Fprint(out, ",", cell)
		}
		fmt.Fprintln(out, ","+returns)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
