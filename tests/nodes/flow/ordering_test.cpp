#include "nodes/flow/ordering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace actionflow {
namespace {

Item<int> item(StreamId stream, std::int64_t number, Outcome<int> outcome) {
  return {{stream, 0, number}, Mark::none, nullptr, std::move(outcome)};
}

TEST(InOrder, GivesEachStreamsItemsByNumberWhateverTheArrival) {
  std::vector<Item<int>> items;
  for (StreamId stream = 0; stream < 3; ++stream) {
    for (int number = 0; number < 50; ++number) items.push_back(item(stream, number, number));
  }
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::shuffle(items.begin(), items.end(), random);
    InOrder<int> order;
    std::vector<std::vector<std::int64_t>> given(3);
    for (const Item<int>& one : items) {
      order.put(one, [&](const Item<int>& next) {
        given[static_cast<std::size_t>(next.key.stream)].push_back(next.key.number);
      });
    }
    for (const auto& numbers : given) {
      ASSERT_EQ(numbers.size(), 50U);
      EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    }
    EXPECT_EQ(order.waiting(), 0U);
  }
}

TEST(InOrder, FailuresAndDropsHoldTheirPlace) {
  InOrder<int> order;
  std::string seen;
  const auto note = [&](const Item<int>& next) {
    seen += next.outcome.failed() ? 'f' : next.outcome.dropped() ? 'd' : 'v';
  };
  order.put(item(0, 2, 7), note);
  order.put(item(0, 1, Dropped{}), note);
  EXPECT_EQ(seen, "");
  order.put(item(0, 0, Failure{ExitCode::failure, "broken"}), note);
  EXPECT_EQ(seen, "fdv");
}

TEST(InOrder, ForgetsAStreamAndBeginsAfreshWithIt) {
  InOrder<int> order;
  int given = 0;
  const auto count = [&](const Item<int>&) { ++given; };
  for (const StreamId stream : {0, 1}) order.put(item(stream, 0, 1), count);
  order.forget(0);
  EXPECT_EQ(order.streams(), 1U);
  order.put(item(0, 0, 1), count);
  EXPECT_EQ(given, 3);
}

TEST(JoinByKey, BringsOneKeysValuesTogetherInTheOrderOfThePorts) {
  JoinByKey<int> join(2);
  std::vector<int> joined;
  const auto note = [&](JoinByKey<int>::Joined both) { joined = both.outcome.value(); };
  join.put(1, item(0, 0, 10), note);
  join.put(1, item(1, 0, 20), note);
  EXPECT_TRUE(joined.empty());
  join.put(0, item(1, 0, 2), note);
  EXPECT_EQ(joined, (std::vector<int>{2, 20}));
  join.put(0, item(0, 0, 1), note);
  EXPECT_EQ(joined, (std::vector<int>{1, 10}));
  EXPECT_EQ(join.waiting(), 0U);
}

TEST(JoinByKey, AnswersOnceForFailuresAndDropsOnAnyPort) {
  for (const std::size_t port : {0U, 1U}) {
    JoinByKey<int> join(2);
    std::vector<Item<std::vector<int>>> answers;
    const auto note = [&](JoinByKey<int>::Joined both) { answers.push_back(std::move(both)); };
    join.put(port, item(0, 0, Failure{ExitCode::failure, "broken"}), note);
    join.put(1 - port, item(0, 0, Dropped{}), note);
    join.put(port, item(0, 1, Dropped{}), note);
    join.put(1 - port, item(0, 1, 5), note);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].outcome.failed());
    EXPECT_TRUE(answers[1].outcome.dropped());
    EXPECT_EQ(join.waiting(), 0U);
  }
}

}  // namespace
}  // namespace actionflow
