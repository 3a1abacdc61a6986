package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/gochimera/chimera/internal/setting"
)

// What a file may be at most. The parser's time grows with the square of the
// nesting, and no setting nests deeper than a few levels.
const (
	maxFile    = 256 << 10 // bytes: a thousand workers need less
	maxNesting = 32        // brackets, or block entries on one line
)

// parse reads YAML text into its one document; nil if there is none. The
// error is an *Error without a field.
func parse(file string, text []byte) (ast.Node, *Error) {
	if len(text) > maxFile {
		return nil, &Error{File: file, Line: 1, Column: 1, Problem: fmt.Sprintf("the file is larger than %s", Size(maxFile))}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, &Error{File: file, Line: 1, Column: 1, Problem: "the file is not UTF-8 text"}
	}
	tokens := lexer.Tokenize(string(text))
	if t := tooDeep(tokens); t != nil {
		problem := fmt.Sprintf("nested more than %d levels deep", maxNesting)
		return nil, &Error{File: file, Line: t.Position.Line, Column: t.Position.Column, Problem: problem}
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // the decoder reports repeated keys, all of them
	if err != nil {
		return nil, syntaxError(file, err)
	}
	var body ast.Node
	for _, doc := range parsed.Docs {
		if _, ok := doc.Body.(*ast.DirectiveNode); ok || doc.Body == nil {
			continue
		}
		if body != nil {
			at := position(doc.Body)
			return nil, &Error{
				File: file, Line: at.Line, Column: at.Column,
				Problem: "a second YAML document", Hint: "a configuration is one document: remove the --- line",
			}
		}
		body = doc.Body
	}
	return body, nil
}

func syntaxError(file string, err error) *Error {
	e := &Error{File: file, Line: 1, Column: 1, Problem: "not YAML: " + err.Error()}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		e.Problem = "not YAML: " + syntax.Message
		if syntax.Token != nil {
			e.Line, e.Column = syntax.Token.Position.Line, syntax.Token.Position.Column
		}
	}
	if strings.Contains(e.Problem, "\t") {
		e.Problem, e.Hint = strings.ReplaceAll(e.Problem, "\t", "<tab>"), "indent with spaces"
	}
	return e
}

// tooDeep finds where nesting passes maxNesting, if it does.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, onLine, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, onLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			onLine++
		case token.MappingValueType:
			if brackets == 0 {
				onLine++
			}
		default:
		}
		if brackets > maxNesting || onLine > maxNesting {
			return t
		}
	}
	return nil
}

// position is where a node begins; a block mapping begins at its first key,
// though its own token is a colon.
func position(n ast.Node) *token.Position {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return position(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(v.Key)
	}
	return n.GetToken().Position
}

// scalarOf reads a scalar node. What plain text means is decided here by the
// core schema of YAML 1.2 and not by the parser, which takes 017 for 15 and
// 1e-4 for text.
func scalarOf(n ast.Node) setting.Scalar {
	switch v := n.(type) {
	case *ast.LiteralNode:
		return setting.Scalar{Text: v.Value.Value}
	case *ast.StringNode:
		if t := v.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
			return setting.Scalar{Text: v.Value}
		}
		return setting.Plain(v.Value)
	}
	return setting.Plain(n.GetToken().Value)
}

// describe names a node for an error.
func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	}
	s := scalarOf(n)
	if s.Kind == setting.TextScalar {
		return setting.Quote(s.Text)
	}
	return setting.Clip(s.Text)
}
