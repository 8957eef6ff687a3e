package config

// oneOfItsName is the draft of a block of which there may be one of each name.
type oneOfItsName interface {
	named() (name string, st *statement)
}

func (d *instanceDraft) named() (string, *statement)   { return d.Name, d.st }
func (d *groupDraft) named() (string, *statement)      { return d.Name, d.st }
func (d *scriptDraft) named() (string, *statement)     { return d.Name, d.st }
func (d *fileDraft) named() (string, *statement)       { return d.Name, d.st }
func (d *processDraft) named() (string, *statement)    { return d.Name, d.st }
func (d *bfdDraft) named() (string, *statement)        { return d.Name, d.st }
func (d *trackGroupDraft) named() (string, *statement) { return d.Name, d.st }

// onlyOne adds a block to those of its kind. A second one of a name is refused, with the place of the first.
func onlyOne[D oneOfItsName](r *reader, list []D, one D) []D {
	name, st := one.named()
	for _, other := range list {
		if its, where := other.named(); its == name {
			r.duplicate(st, where)
			return list
		}
	}
	return append(list, one)
}
