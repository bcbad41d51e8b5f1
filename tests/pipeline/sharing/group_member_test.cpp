#include "pipeline/sharing/group_member.h"

#include <gtest/gtest.h>

#include <map>

namespace actionflow {
namespace {

constexpr int kCameras = 6000;

std::string camera(int number) { return "camera " + std::to_string(number); }

std::vector<GroupMember> members(const std::map<std::string, double>& capacities) {
  std::vector<GroupMember> members;
  for (const auto& [name, capacity] : capacities) members.push_back({name, capacity, true, 0, {}});
  return members;
}

std::map<std::string, int> counts(const std::vector<GroupMember>& members) {
  std::map<std::string, int> counts;
  for (int i = 0; i < kCameras; ++i) ++counts[watcher_of(camera(i), members)->name];
  return counts;
}

TEST(GroupMember, IsSaidAndReadAgain) {
  const GroupMember member{"hall-1", 2.5, true, 0xFFFFFFFFFFFFFFFF, {"door", "yard \"2\"", "h\xC3\xB6he"}};
  EXPECT_EQ(GroupMember::parse(member.to_json()), member);
}

TEST(GroupMember, WhatIsNoneIsNotRead) {
  for (const char* bad :
       {"", "online", "[]", "{}", R"({"name":1,"capacity":1,"ready":true,"known":"0","cameras":[]})",
        R"({"name":"a","capacity":0,"ready":true,"known":"0","cameras":[]})",
        R"({"name":"a","capacity":1,"ready":true,"known":"x","cameras":[]})",
        R"({"name":"a","capacity":1,"ready":true,"known":"0","cameras":{"b":1}})"})
    EXPECT_FALSE(GroupMember::parse(bad)) << bad;
}

TEST(WatcherOf, IsNobodyWhereNobodyIs) { EXPECT_EQ(watcher_of("door", {}), nullptr); }

TEST(WatcherOf, SharesByCapacity) {
  for (const auto& [name, count] : counts(members({{"a", 1}, {"b", 1}, {"c", 1}})))
    EXPECT_NEAR(count, kCameras / 3, 150) << name;
  const auto weighted = counts(members({{"a", 1}, {"b", 3}}));
  EXPECT_NEAR(weighted.at("a"), kCameras / 4, 150);
}

TEST(WatcherOf, MovesCamerasToWhoComesAndNoOthers) {
  const auto before = members({{"a", 1}, {"b", 2}, {"c", 1}});
  const auto after = members({{"a", 1}, {"b", 2}, {"c", 1}, {"new", 1}});
  int moved = 0;
  for (int i = 0; i < kCameras; ++i) {
    const std::string to = watcher_of(camera(i), after)->name;
    if (to == watcher_of(camera(i), before)->name) continue;
    EXPECT_EQ(to, "new");
    ++moved;
  }
  EXPECT_NEAR(moved, kCameras / 5, 150);
}

TEST(WatcherOf, DoesNotDependOnTheOrderOfMembers) {
  const auto forwards = members({{"a", 1}, {"b", 1}, {"c", 1}});
  const std::vector<GroupMember> backwards{forwards.rbegin(), forwards.rend()};
  for (int i = 0; i < kCameras; ++i)
    EXPECT_EQ(watcher_of(camera(i), forwards)->name, watcher_of(camera(i), backwards)->name);
}

}  // namespace
}  // namespace actionflow
