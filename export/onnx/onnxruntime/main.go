// Command onnxruntime computes ONNX models with ONNX Runtime, for the tests of package onnx: it reads jobs from standard
// input and writes an answer for each to standard output, as package gob encodes them. Its argument is the runtime's shared library.
//
// It is a module of its own, so that nothing else needs the runtime or cgo.
package main

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	ort "github.com/yalue/onnxruntime_go"
)

// Tensor is a named input or output. One of the slices is set.
type Tensor struct {
	Name     string
	Shape    []int64
	Float32s []float32
	Float64s []float64
	Int64s   []int64
	Texts    []string
}

// Job is a model and what goes in.
type Job struct {
	Model  []byte
	Inputs []Tensor
}

// Answer is what comes out, or why nothing does.
type Answer struct {
	Error   string
	Outputs []Tensor
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: onnxruntime SHARED_LIBRARY <jobs >answers")
	}
	ort.SetSharedLibraryPath(os.Args[1])
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("load the runtime: %w", err)
	}
	jobs, answers := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for {
		var j Job
		if err := jobs.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a job: %w", err)
		}
		var a Answer
		outputs, err := compute(j)
		if a.Outputs = outputs; err != nil {
			a = Answer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
	}
}

func compute(j Job) ([]Tensor, error) {
	_, outs, err := ort.GetInputOutputInfoWithONNXData(j.Model)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	var inNames, outNames []string
	var in []ort.Value
	for _, t := range j.Inputs {
		v, err := t.value()
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", t.Name, err)
		}
		inNames, in = append(inNames, t.Name), append(in, v)
	}
	for _, o := range outs {
		outNames = append(outNames, o.Name)
	}
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(j.Model, inNames, outNames, nil)
	if err != nil {
		return nil, fmt.Errorf("load the model: %w", err)
	}
	out := make([]ort.Value, len(outs))
	if err := session.Run(in, out); err != nil {
		return nil, fmt.Errorf("compute: %w", err)
	}
	answers := make([]Tensor, len(out))
	for i, v := range out {
		if answers[i], err = tensor(outNames[i], v); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (t Tensor) value() (ort.Value, error) {
	shape := ort.NewShape(t.Shape...)
	switch {
	case t.Float32s != nil:
		return ort.NewTensor(shape, t.Float32s)
	case t.Float64s != nil:
		return ort.NewTensor(shape, t.Float64s)
	case t.Texts != nil:
		v, err := ort.NewStringTensor(shape)
		if err != nil {
			return nil, err
		}
		return v, v.SetContents(t.Texts)
	}
	return nil, errors.New("it has no values")
}

func tensor(name string, v ort.Value) (Tensor, error) {
	t := Tensor{Name: name, Shape: v.GetShape()}
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		t.Float32s = v.GetData()
	case *ort.Tensor[float64]:
		t.Float64s = v.GetData()
	case *ort.Tensor[int64]:
		t.Int64s = v.GetData()
	case *ort.StringTensor:
		texts, err := v.GetContents()
		if err != nil {
			return Tensor{}, fmt.Errorf("output %s: %w", name, err)
		}
		t.Texts = texts
	default:
		return Tensor{}, fmt.Errorf("output %s is a %T", name, v)
	}
	return t, nil
}
