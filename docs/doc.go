// Package docs is the guide: a folder of Markdown that a forge shows as it is, and that [Handler] serves at /guide/ as
// pages, with a search, without a script and without a request to any other host.
//
// README.md is the first page, and the order of its links is the reading order. A page that is not linked there is not
// part of the guide, and a test fails. A link between pages is written as a forge wants it, "page.md#anchor"; a link that
// leaves the folder is text in the guide, which has no repository beside it.
//
// A page that is generated says so in its first lines.
package docs
