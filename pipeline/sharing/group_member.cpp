#include "pipeline/sharing/group_member.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

// MurmurHash3's last step: each bit of what comes depends on all bits of what goes in.
std::uint64_t mixed(std::uint64_t hashed) {
  hashed = (hashed ^ (hashed >> 33)) * 0xFF51AFD7ED558CCD;
  hashed = (hashed ^ (hashed >> 33)) * 0xC4CEB9FE1A85EC53;
  return hashed ^ (hashed >> 33);
}

// Of the rivals for a camera the one with the highest wins.
double bid(const std::string& camera, const GroupMember& member) {
  constexpr int kDropped = 11;  // bits that a double has no room for
  const std::uint64_t hashed = mixed(fnv1a(member.name, mixed(fnv1a(camera))));
  const double draw = (static_cast<double>(hashed >> kDropped) + 0.5) * 0x1p-53;  // in (0, 1)
  return -member.capacity / std::log(draw);
}

}  // namespace

std::string GroupMember::to_json() const {
  return json_text(Json{{"name", name},
                        {"capacity", capacity},
                        {"ready", ready},
                        {"known", std::to_string(known)},
                        {"cameras", cameras}});
}

std::optional<GroupMember> GroupMember::parse(const std::string& text) try {
  const Json json = Json::parse(text);
  GroupMember member;
  member.name = json.at("name").get<std::string>();
  member.capacity = json.at("capacity").get<double>();
  member.ready = json.at("ready").get<bool>();
  member.known = std::stoull(json.at("known").get<std::string>());
  member.cameras = json.at("cameras").get<std::set<std::string>>();
  if (!(member.capacity > 0) || !std::isfinite(member.capacity)) return std::nullopt;
  return member;
} catch (const std::exception&) {
  return std::nullopt;
}

const GroupMember* watcher_of(const std::string& camera, std::span<const GroupMember> members) {
  const GroupMember* best = nullptr;
  double highest = 0;
  for (const GroupMember& member : members) {
    const double own = bid(camera, member);
    const bool before = best && own == highest && member.name < best->name;
    if (!best || own > highest || before) {
      best = &member;
      highest = own;
    }
  }
  return best;
}

}  // namespace actionflow
