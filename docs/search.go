package docs

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// Bounds of a search.
const (
	longestQuery = 200 // letters
	mostWords    = 12  // of a query
	mostFound    = 20
	mostOfPage   = 3
	snippetWords = 36
)

// What a word of the query is worth where it is found. In texts it is worth up to 1, the more often it is there.
const (
	inTitle   = 8 // before the page's first heading
	inHeading = 4
	below     = 1 // in the title of the page that a part is of
)

// part is a heading with the text up to the next one.
type part struct {
	level           int
	heading, anchor string
	text            string

	title, head, words []word // of the page's title, the heading, the text
}

// word is a word in a text, from one byte to another.
type word struct {
	from, to int
	lower    string
}

// finding is a part of a page that a search found.
type finding struct {
	Page    *page
	Heading string // "" for the page's own title
	Link    string
	Snippet []piece

	score float64
	place int
}

// piece is a piece of a snippet; Match says that it is what was searched.
type piece struct {
	Text  string
	Match bool
}

// words splits a text where it has neither letters nor digits.
func words(s string) (all []word) {
	from := -1
	end := func(to int) {
		if from >= 0 {
			all = append(all, word{from, to, strings.ToLower(s[from:to])})
		}
		from = -1
	}
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end(i)
		} else if from < 0 {
			from = i
		}
	}
	end(len(s))
	return all
}

// tidy is what is shown and used of what a request asks for.
func tidy(s string) string {
	letters := []rune(strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd")))
	return string(letters[:min(len(letters), longestQuery)])
}

func blankPunctuation(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return r
	}
	return ' '
}

// parts splits a page at its headings.
func parts(doc ast.Node, source []byte) (all []part) {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			p := part{level: h.Level, heading: plain(h, source)}
			if id, ok := h.AttributeString("id"); ok {
				p.anchor = string(id.([]byte))
			}
			all = append(all, p)
			continue
		}
		if len(all) > 0 {
			all[len(all)-1].text += plain(n, source) + " "
		}
	}
	for i := range all {
		p := &all[i]
		p.title, p.head, p.words = words(all[0].heading), words(p.heading), words(p.text)
	}
	return all
}

// plain is the text of a node and of all below it, without any mark-up.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	walk(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.URL(source))
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(source))
			}
		case *ast.ListItem, *ast.Paragraph, *ast.TextBlock, *east.TableCell:
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
		}
	})
	return strings.TrimSpace(b.String())
}

// search finds the parts that have all words of a query, or else those that have some, the best first. A word is found by
// its beginning. Rare words count for more (the inverse document frequency of Spärck Jones, 1972), and the more often a
// word is in a text, the less another time adds (as in BM25 of Robertson and others, 1994).
func (b *book) search(query string) (found []finding) {
	wanted := wantedWords(query)
	total, have := 0, make([]int, len(wanted))
	b.each(func(_ *page, p *part) {
		total++
		for i, w := range wanted {
			if p.worth(w) > 0 {
				have[i]++
			}
		}
	})
	most := 0
	b.each(func(page *page, p *part) {
		score, matched := 0.0, 0
		for i, w := range wanted {
			if worth := p.worth(w); worth > 0 {
				matched++
				score += worth * math.Log(1+float64(total)/float64(have[i]))
			}
		}
		if matched == 0 || matched < most {
			return
		}
		if matched > most { // those before have fewer of the words
			most, found = matched, nil
		}
		f := finding{Page: page, Link: Root + page.Address(), Snippet: p.snippet(wanted), score: score, place: len(found)}
		if p.level > 1 {
			f.Heading, f.Link = p.heading, f.Link+"#"+p.anchor
		}
		found = append(found, f)
	})
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.place, b.place)) })
	return best(found)
}

// best are the first of what was found, not more than a few of one page.
func best(found []finding) (kept []finding) {
	of := map[*page]int{}
	for _, f := range found {
		if of[f.Page]++; of[f.Page] <= mostOfPage && len(kept) < mostFound {
			kept = append(kept, f)
		}
	}
	return kept
}

// wantedWords are the different words of a query.
func wantedWords(query string) (wanted []string) {
	for _, w := range words(query) {
		if !slices.Contains(wanted, w.lower) && len(wanted) < mostWords {
			wanted = append(wanted, w.lower)
		}
	}
	return wanted
}

func (b *book) each(visit func(*page, *part)) {
	for _, p := range b.pages {
		for i := range p.parts {
			visit(p, &p.parts[i])
		}
	}
}

// worth is what a word is worth in the part; 0 if it is not there.
func (p *part) worth(wanted string) (worth float64) {
	title := math.Min(1, count(p.title, wanted))
	if p.level == 1 {
		worth += inTitle * title
	} else {
		worth += below*title + inHeading*math.Min(1, count(p.head, wanted))
	}
	n := count(p.words, wanted)
	return worth + n/(n+1.5)
}

// count is how often a word is there: once for a whole word, less for the beginning of a longer one.
func count(words []word, wanted string) (n float64) {
	for _, w := range words {
		if strings.HasPrefix(w.lower, wanted) {
			n += float64(len(wanted)) / float64(len(w.lower))
		}
	}
	return n
}

// snippet is the piece of the part's text that has most of the wanted words, with these marked.
func (p *part) snippet(wanted []string) (pieces []piece) {
	if len(p.words) == 0 {
		return nil
	}
	matches := func(w word) bool {
		return slices.ContainsFunc(wanted, func(s string) bool { return strings.HasPrefix(w.lower, s) })
	}
	begin := max(0, p.densest(matches)-snippetWords/4)
	end := min(begin+snippetWords, len(p.words))
	at := p.words[begin].from
	add := func(text string, match bool) {
		if text != "" {
			pieces = append(pieces, piece{text, match})
		}
	}
	if begin > 0 {
		add("… ", false)
	}
	for _, w := range p.words[begin:end] {
		if matches(w) {
			add(p.text[at:w.from], false)
			add(p.text[w.from:w.to], true)
			at = w.to
		}
	}
	add(p.text[at:p.words[end-1].to], false)
	if end < len(p.words) {
		add(" …", false)
	}
	return pieces
}

// densest is the match from which most others are near; 0 without any.
func (p *part) densest(matches func(word) bool) (best int) {
	var at []int
	for i, w := range p.words {
		if matches(w) {
			at = append(at, i)
		}
	}
	most := 0
	for i, from := range at {
		near, _ := slices.BinarySearch(at[i:], from+snippetWords*3/4)
		if near > most {
			most, best = near, from
		}
	}
	return best
}
