#include "pipeline/sharing/group_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kLease = 10;

class GroupViewTest : public ::testing::Test {
 protected:
  static std::int64_t at(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

  void hear(const std::string& id, double seconds, const std::set<std::string>& cameras, bool ready = true) {
    view_.hear(id, GroupMember{id.substr(0, id.find('-')), 1, ready, 0, cameras}.to_json(), at(seconds));
  }
  void hear_gone(const std::string& id, double seconds) { view_.hear(id, "", at(seconds)); }

  // At 0 s, after what the broker kept.
  void join() { hear("self-1", 0, {}, false); }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const GroupMember& member : view_.members(self_)) names.push_back(member.name);
    return names;
  }

  GroupView view_ = [] {
    GroupView view(kLease);
    view.begin("self-1");
    return view;
  }();
  GroupMember self_{"self", 1, true, 0, {}};
};

TEST_F(GroupViewTest, WhoComesListensForALease) {
  EXPECT_TRUE(view_.listening(at(100)));
  join();
  EXPECT_TRUE(view_.listening(at(9.9)));
  EXPECT_FALSE(view_.listening(at(10)));
}

TEST_F(GroupViewTest, ClaimsOfOthersStandWhetherTheyAreReadyOrNot) {
  join();
  hear("other-1", 1, {"door"}, false);
  EXPECT_TRUE(view_.claimed_by_other("door", at(50)));
  EXPECT_FALSE(view_.claimed_by_other("yard", at(50)));
  hear("other-1", 2, {});
  EXPECT_FALSE(view_.claimed_by_other("door", at(50)));
}

TEST_F(GroupViewTest, OwnClaimsAreNobodyElses) {
  hear("self-1", 0, {"door"});
  EXPECT_FALSE(view_.claimed_by_other("door", at(1)));
}

TEST_F(GroupViewTest, ClaimsOfWhoIsHeardNoMoreStandForALease) {
  join();
  hear("other-1", 1, {"door"});
  hear_gone("other-1", 20);
  EXPECT_TRUE(view_.claimed_by_other("door", at(29.9)));
  EXPECT_FALSE(view_.claimed_by_other("door", at(30)));
}

TEST_F(GroupViewTest, WhoGaveItsClaimsUpBeforeItLeftLeavesNone) {
  join();
  hear("other-1", 1, {"door"});
  hear("other-1", 20, {});
  hear_gone("other-1", 20);
  EXPECT_FALSE(view_.claimed_by_other("door", at(20)));
}

TEST_F(GroupViewTest, WhatCannotBeReadIsAsGone) {
  join();
  hear("other-1", 1, {"door"});
  view_.hear("other-1", "?", at(20));
  EXPECT_TRUE(view_.claimed_by_other("door", at(29)));
  EXPECT_THAT(names(), ElementsAre("self"));
}

TEST_F(GroupViewTest, CamerasAreGivenToThoseWhoAreReady) {
  join();
  hear("late-1", 1, {}, false);
  hear("other-1", 1, {});
  EXPECT_THAT(names(), ElementsAre("other", "self"));
  self_.ready = false;
  EXPECT_THAT(names(), ElementsAre("other"));
}

TEST_F(GroupViewTest, AnEarlierConnectionOfOursIsNoMember) {
  hear("self-0", 0, {"door"});
  join();
  EXPECT_THAT(names(), ElementsAre("self"));
}

TEST_F(GroupViewTest, WhatTheBrokerKeptAndNobodyRepeatsIsAbandonedAfterALease) {
  hear("dead-1", 0, {"door"});
  hear("alive-1", 0, {"yard"});
  join();
  hear("alive-1", 3, {"yard"});
  EXPECT_THAT(view_.abandoned(at(9)), IsEmpty());
  EXPECT_TRUE(view_.claimed_by_other("door", at(10)));
  EXPECT_THAT(view_.abandoned(at(10)), ElementsAre("dead-1"));
}

TEST_F(GroupViewTest, WhoComesAfterUsIsToldThatWeAreHere) {
  hear("before-1", 0, {});
  join();
  EXPECT_FALSE(view_.take_arrival());
  hear("before-1", 1, {"door"});
  EXPECT_FALSE(view_.take_arrival());
  hear("after-1", 2, {});
  EXPECT_TRUE(view_.take_arrival());
  EXPECT_FALSE(view_.take_arrival());
}

TEST_F(GroupViewTest, ANewConnectionKnowsNothing) {
  join();
  hear("other-1", 1, {"door"});
  hear("gone-1", 1, {"yard"});
  hear_gone("gone-1", 2);
  view_.begin("self-2");
  EXPECT_FALSE(view_.claimed_by_other("door", at(3)));
  EXPECT_FALSE(view_.claimed_by_other("yard", at(3)));
  EXPECT_EQ(view_.own(), nullptr);
  EXPECT_TRUE(view_.listening(at(100)));
}

}  // namespace
}  // namespace actionflow
