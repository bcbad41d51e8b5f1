#include "pipeline/sharing/group_view.h"

#include <algorithm>
#include <utility>

namespace actionflow {

void GroupView::begin(const std::string& own_id) {
  own_id_ = own_id;
  joined_ = arrival_ = false;
  heard_.clear();
  gone_.clear();
}

void GroupView::hear(const std::string& id, const std::string& payload, std::int64_t now_ns) {
  std::erase_if(gone_, [&](const Gone& gone) { return gone.until_ns <= now_ns; });
  const auto known = heard_.find(id);
  if (auto member = GroupMember::parse(payload)) {
    arrival_ = arrival_ || (joined_ && known == heard_.end());
    if (id == own_id_ && !std::exchange(joined_, true)) joined_ns_ = now_ns;
    heard_.insert_or_assign(id, Heard{std::move(*member), joined_});
  } else if (known != heard_.end()) {
    gone_.push_back({std::move(known->second.member.cameras), now_ns + lease_ns_});
    heard_.erase(known);
  }
}

bool GroupView::take_arrival() { return std::exchange(arrival_, false); }

std::vector<std::string> GroupView::abandoned(std::int64_t now_ns) const {
  std::vector<std::string> ids;
  if (listening(now_ns)) return ids;
  for (const auto& [id, heard] : heard_) {
    if (!heard.repeated && id != own_id_) ids.push_back(id);
  }
  return ids;
}

bool GroupView::listening(std::int64_t now_ns) const { return !joined_ || now_ns < joined_ns_ + lease_ns_; }

const GroupMember* GroupView::own() const {
  const auto found = heard_.find(own_id_);
  return found == heard_.end() ? nullptr : &found->second.member;
}

std::vector<GroupMember> GroupView::members(const GroupMember& self) const {
  std::vector<GroupMember> members;
  for (const auto& [id, heard] : heard_) {
    if (id != own_id_ && heard.member.ready && heard.member.name != self.name)
      members.push_back(heard.member);
  }
  if (self.ready) members.push_back(self);
  return members;
}

bool GroupView::claimed_by_other(const std::string& camera, std::int64_t now_ns) const {
  const bool here = std::any_of(heard_.begin(), heard_.end(), [&](const auto& entry) {
    return entry.first != own_id_ && entry.second.member.cameras.contains(camera);
  });
  return here || std::any_of(gone_.begin(), gone_.end(), [&](const Gone& gone) {
           return now_ns < gone.until_ns && gone.cameras.contains(camera);
         });
}

}  // namespace actionflow
