package dwarflayout

import (
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"strings"
)

// Absent is the value of an optional entry that a release does not have.
const Absent = -1

// Read returns the value of every entry of [Entries], by name, from the DWARF
// of the Go binary in the named file (ELF, Mach-O or PE). It is an error, which
// names the entry, if the binary lacks one that is not optional.
func Read(file string) (map[string]int64, error) {
	data, err := open(file)
	if err != nil {
		return nil, err
	}
	facts, err := collect(data)
	if err != nil {
		return nil, err
	}
	values := make(map[string]int64, len(Entries))
	var errs []error
	for _, e := range Entries {
		value, err := facts.lookup(e)
		if err != nil && e.Optional {
			value, err = Absent, nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.Name, err))
			continue
		}
		values[e.Name] = value
	}
	return values, errors.Join(errs...)
}

func open(file string) (*dwarf.Data, error) {
	var errs []error
	if f, err := elf.Open(file); err == nil {
		defer f.Close()
		return f.DWARF()
	} else {
		errs = append(errs, err)
	}
	if f, err := macho.Open(file); err == nil {
		defer f.Close()
		return f.DWARF()
	} else {
		errs = append(errs, err)
	}
	if f, err := pe.Open(file); err == nil {
		defer f.Close()
		return f.DWARF()
	} else {
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// facts holds the structs and constants of a binary that entries mention.
type facts struct {
	structs   map[string]*dwarf.StructType
	constants map[string]int64
}

func (f facts) lookup(e Entry) (int64, error) {
	if e.Kind == Value {
		value, ok := f.constants[e.Const]
		if !ok {
			return 0, fmt.Errorf("no constant %s in DWARF", e.Const)
		}
		return value, nil
	}
	t := f.structs[e.Struct]
	if t == nil {
		return 0, fmt.Errorf("no struct %s in DWARF", e.Struct)
	}
	if e.Kind == Size {
		return t.ByteSize, nil
	}
	return fieldOffset(t, e.Field)
}

// fieldOffset returns the offset of the field that a dotted path names.
func fieldOffset(t *dwarf.StructType, path string) (int64, error) {
	head, rest, nested := strings.Cut(path, ".")
	for _, field := range t.Field {
		if field.Name != head {
			continue
		}
		if !nested {
			return field.ByteOffset, nil
		}
		inner, ok := underlying(field.Type).(*dwarf.StructType)
		if !ok {
			return 0, fmt.Errorf("%s.%s is not a struct", t.StructName, head)
		}
		offset, err := fieldOffset(inner, rest)
		return field.ByteOffset + offset, err
	}
	return 0, fmt.Errorf("no field %s in %s", head, t.StructName)
}

func underlying(t dwarf.Type) dwarf.Type {
	for {
		def, ok := t.(*dwarf.TypedefType)
		if !ok {
			return t
		}
		t = def.Type
	}
}

// collect reads the structs and constants that [Entries] mentions.
func collect(data *dwarf.Data) (facts, error) {
	f := facts{map[string]*dwarf.StructType{}, map[string]int64{}}
	structs, constants := map[string]bool{}, map[string]bool{}
	for _, e := range Entries {
		structs[e.Struct], constants[e.Const] = true, true
	}
	for r := data.Reader(); ; {
		entry, err := r.Next()
		if err != nil || entry == nil {
			return f, err
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		switch {
		case entry.Tag == dwarf.TagStructType && structs[name]:
			t, err := data.Type(entry.Offset)
			if err != nil {
				return f, err
			}
			f.structs[name] = t.(*dwarf.StructType)
		case entry.Tag == dwarf.TagConstant && constants[name]:
			if value, ok := entry.Val(dwarf.AttrConstValue).(int64); ok {
				f.constants[name] = value
			}
		}
	}
}
