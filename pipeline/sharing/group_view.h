// What a member of a group has heard of the others, and what follows from it: which cameras it should claim,
// and which it may watch.
//
// Each member keeps one message at the broker, GROUP/members/ID, which its last will takes back; ID is
// another for each connection. Nobody watches a camera that another claims. These rules make that safe:
//
// - A claim is put there before anybody else's is looked for, and looked for after everything was heard that
//   the broker had before ours. So of two that claim a camera at a time one at least sees the other.
// - A member that is heard no more may not know it yet: its claims stand for one lease longer. A lease counts
//   from when something was sent that came back by the broker, so it began before the member's message went.
// - Who comes takes nothing for one lease: a broker that lost its memory, or has come up anew, may not know
// of
//   claims. Members repeat their message when one comes; what was kept by the broker and is not repeated in
//   that time belongs to nobody, as its last will was lost with a broker.
//
// All moments are of one steady clock, which goes on while the machine is suspended. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/sharing/group_member.h"

namespace actionflow {

class GroupView {
 public:
  explicit GroupView(double lease_seconds) : lease_ns_(static_cast<std::int64_t>(lease_seconds * 1e9)) {}

  // A new connection, on which nothing was heard yet, under this ID.
  void begin(const std::string& own_id);
  // What the broker has sent from the topic of this ID; empty: it was taken back. With our own first message
  // we have joined.
  void hear(const std::string& id, const std::string& payload, std::int64_t now_ns);
  // Whether somebody came since this was asked last, who does not know that we are here.
  bool take_arrival();
  // Others that came under an ID and have not been heard on for a lease since we joined: to be taken back.
  std::vector<std::string> abandoned(std::int64_t now_ns) const;
  // For one lease after we joined.
  bool listening(std::int64_t now_ns) const;
  // As it came back; nullptr where it is not there.
  const GroupMember* own() const;

  // Those that cameras are given to, `self` among them where it is ready.
  std::vector<GroupMember> members(const GroupMember& self) const;
  // Whether another claims it, or did less than a lease before it was heard no more.
  bool claimed_by_other(const std::string& camera, std::int64_t now_ns) const;

 private:
  struct Heard {
    GroupMember member;
    bool repeated = false;  // since we joined
  };
  struct Gone {
    std::set<std::string> cameras;
    std::int64_t until_ns = 0;
  };

  const std::int64_t lease_ns_;
  std::string own_id_;
  bool joined_ = false, arrival_ = false;
  std::int64_t joined_ns_ = 0;
  std::map<std::string, Heard> heard_;  // by ID, ours too
  std::vector<Gone> gone_;
};

}  // namespace actionflow
