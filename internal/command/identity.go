package command

import (
	"fmt"
	"os/user"
	"strconv"
)

// Resolve finds the identity of a user and, unless it is empty, a group, by
// name or number. An empty group is the user's primary one. Supplementary
// adds the user's other groups (set_supplementary_groups).
func Resolve(userName, groupName string, supplementary bool) (Identity, error) {
	u, err := findUser(userName)
	if err != nil {
		return Identity{}, err
	}
	uid, err := number(u.Uid)
	if err != nil {
		return Identity{}, err
	}
	primary := u.Gid
	if groupName != "" {
		if primary, err = findGroup(groupName); err != nil {
			return Identity{}, err
		}
	}
	gid, err := number(primary)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{UID: uid, GID: gid}
	if supplementary && u.Username != "" {
		id.Groups, err = groupsOf(u)
	}
	return id, err
}

// findUser accepts a number that no user has, if it is one.
func findUser(name string) (*user.User, error) {
	u, err := user.Lookup(name)
	if err == nil {
		return u, nil
	}
	if _, bad := number(name); bad != nil {
		return nil, fmt.Errorf("user %s: no such user", name)
	}
	if u, err = user.LookupId(name); err == nil {
		return u, nil
	}
	return &user.User{Uid: name, Gid: name}, nil
}

func findGroup(name string) (string, error) {
	if g, err := user.LookupGroup(name); err == nil {
		return g.Gid, nil
	}
	if _, err := number(name); err != nil {
		return "", fmt.Errorf("group %s: no such group", name)
	}
	return name, nil
}

func groupsOf(u *user.User) ([]uint32, error) {
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", u.Username, err)
	}
	groups := make([]uint32, 0, len(ids))
	for _, id := range ids {
		gid, err := number(id)
		if err != nil {
			return nil, fmt.Errorf("groups of %s: %w", u.Username, err)
		}
		groups = append(groups, gid)
	}
	return groups, nil
}

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}
