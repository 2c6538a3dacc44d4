package tools

// slotIndex finds slots by name. Every attribute of every record is looked up,
// and most are read by nobody, so it looks at three bytes of a name before it
// compares: that is several times as fast as a map.
type slotIndex [512][]namedSlot

type namedSlot struct {
	name string
	slot Slot
}

func bucketOf(name string) int {
	n := len(name)
	if n == 0 {
		return 0
	}
	return (n*7 + int(name[0])*31 + int(name[n-1])*131 + int(name[n/2])*17) % len(slotIndex{})
}

func (i *slotIndex) add(name string, slot Slot) {
	bucket := bucketOf(name)
	i[bucket] = append(i[bucket], namedSlot{name, slot})
}

func (i *slotIndex) find(name string) (Slot, bool) {
	for _, named := range i[bucketOf(name)] {
		if named.name == name {
			return named.slot, true
		}
	}
	return 0, false
}
