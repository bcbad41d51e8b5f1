// A machine of a group that shares cameras, as it says it is, and which of the group's cameras are whose.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace actionflow {

struct GroupMember {
  std::string name;               // of its process; two have different ones
  double capacity = 1;            // cameras that it takes, compared with the others
  bool ready = false;             // cameras may be given to it
  std::uint64_t known = 0;        // hash of the names of all cameras that its pipeline file has
  std::set<std::string> cameras;  // that it watches, or will when nobody else claims them

  bool operator==(const GroupMember&) const = default;

  std::string to_json() const;
  // nullopt where it is none of ours.
  static std::optional<GroupMember> parse(const std::string& json);
};

// Whose a camera is: rendezvous hashing by capacity (Schindelhauer and Schomaker's logarithmic method), so a
// member that comes takes cameras for itself alone, and one that goes leaves only its own to others. nullptr
// where there is nobody.
const GroupMember* watcher_of(const std::string& camera, std::span<const GroupMember> members);

}  // namespace actionflow
