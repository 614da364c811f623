// Package dnstest reads the questions that package net's resolver asks, and packs answers to
// them: as much of DNS as a name server in a test needs. Names are written out, never
// compressed, but for the owner of a record, which is the question's name.
//
// It is for tests only, and imports nothing of this module. The format is RFC 1035's,
// section 4, and RFC 2782's for SRV.
package dnstest

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
)

// Types of records.
const (
	A    = 1
	NS   = 2
	PTR  = 12
	MX   = 15
	TXT  = 16
	AAAA = 28
	SRV  = 33
)

// Codes of answers.
const (
	Success   = 0
	NameError = 3 // there is no such name
)

const (
	headerLen = 12 // ID, flags, and the numbers of questions, answers, authorities, additionals
	class     = 1  // of the internet
	ttl       = 60 // seconds
)

var errBad = errors.New("dnstest: not a query with one question")

// A Question is the subject of a query. Name has no final dot.
type Question struct {
	Name string
	Type uint16
}

// Parse returns the question of a query.
func Parse(query []byte) (Question, error) {
	q, _, err := parse(query)
	return q, err
}

// parse returns the question and where it ends.
func parse(query []byte) (q Question, end int, err error) {
	if len(query) < headerLen || query[2]&0x80 != 0 || binary.BigEndian.Uint16(query[4:]) != 1 {
		return q, 0, errBad
	}
	var labels []string
	at := headerLen
	for at < len(query) && query[at] != 0 {
		n := int(query[at])
		if n > 63 || at+1+n > len(query) { // more than 63 is a reference, which a first name is not
			return q, 0, errBad
		}
		labels = append(labels, string(query[at+1:at+1+n]))
		at += 1 + n
	}
	at++
	if at+4 > len(query) {
		return q, 0, errBad
	}
	return Question{strings.Join(labels, "."), binary.BigEndian.Uint16(query[at:])}, at + 4, nil
}

// Answer returns the answer to a query that Parse accepts, with that code and a record of
// the question's type for each element of data.
func Answer(query []byte, code byte, data ...[]byte) []byte {
	q, end, err := parse(query)
	if err != nil {
		panic(err)
	}
	out := append([]byte(nil), query[:end]...)
	out[2] = 0x84 | query[2]&0x01 // a response, authoritative; recursion desired as in the query
	out[3] = code
	binary.BigEndian.PutUint16(out[6:], uint16(len(data)))
	binary.BigEndian.PutUint32(out[8:], 0)
	for _, d := range data {
		out = append(out, 0xc0, headerLen) // the question's name
		out = binary.BigEndian.AppendUint16(out, q.Type)
		out = binary.BigEndian.AppendUint16(out, class)
		out = binary.BigEndian.AppendUint32(out, ttl)
		out = binary.BigEndian.AppendUint16(out, uint16(len(d)))
		out = append(out, d...)
	}
	return out
}

// Address is the data of an A or AAAA record.
func Address(a netip.Addr) []byte { return a.AsSlice() }

// Name is the data of an NS or PTR record; the name may end with a dot.
func Name(name string) (data []byte) {
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		data = append(data, byte(len(label)))
		data = append(data, label...)
	}
	return append(data, 0)
}

// Mail is the data of an MX record.
func Mail(preference uint16, host string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, preference), Name(host)...)
}

// Service is the data of an SRV record of priority, weight and port zero.
func Service(target string) []byte { return append(make([]byte, 6), Name(target)...) }

// Text is the data of a TXT record of one string, of at most 255 bytes.
func Text(text string) []byte { return append([]byte{byte(len(text))}, text...) }
