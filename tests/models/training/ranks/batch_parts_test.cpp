#include "models/training/ranks/batch_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace actionflow::training {
namespace {

using Row = std::vector<float>;

// Rows whose sum depends on the order in which it is taken.
std::vector<Row> random_rows(int count, std::size_t size) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> exponent(-12, 12);
  std::vector<Row> rows(static_cast<std::size_t>(count), Row(size));
  for (Row& row : rows)
    for (float& value : row) value = std::exp2(exponent(random)) * (random() % 2 == 0 ? 1.0F : -1.0F);
  return rows;
}

// As ranks do it: each adds up what it can of its own, and one adds those sums up.
Row sum_over_ranks(const BatchParts& parts, const std::vector<Row>& rows) {
  const auto size = static_cast<std::int64_t>(rows.front().size());
  std::vector<SumNode> nodes;
  std::vector<Row> sums;
  for (int rank = 0; rank < parts.ranks(); ++rank) {
    const auto own = [&](const SumNode& node) {
      const bool is_own = node.first >= parts.begin(rank) && node.first < parts.begin(rank + 1);
      return is_own && node.size == 1 ? rows[static_cast<std::size_t>(node.first)].data() : nullptr;
    };
    for (const SumNode& node : parts.nodes_of(rank)) {
      nodes.push_back(node);
      add_up(parts, node, own, size, sums.emplace_back(rows.front().size()).data());
    }
  }
  Row all(rows.front().size());
  const auto sent = [&](const SumNode& node) -> const float* {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i] == node) return sums[i].data();
    return nullptr;
  };
  add_up(parts, parts.root(), sent, size, all.data());
  return all;
}

TEST(BatchParts, EveryClipIsOfOneRankAndTheFirstAlwaysHasSome) {
  for (std::int64_t clips = 1; clips <= 17; ++clips)
    for (std::int64_t part = 1; part <= 5; ++part)
      for (int ranks = 1; ranks <= 9; ++ranks) {
        const BatchParts parts(clips, part, ranks);
        EXPECT_GT(parts.count_of(0), 0);
        std::int64_t all = 0;
        for (int rank = 0; rank < ranks; ++rank) all += parts.clips_of_rank(rank);
        EXPECT_EQ(all, clips);
        for (std::int64_t clip = 0; clip < clips; ++clip) {
          int owners = 0;
          for (int rank = 0; rank < ranks; ++rank) owners += parts.has(rank, clip) ? 1 : 0;
          EXPECT_EQ(owners, 1) << clip << " of " << clips << " in parts of " << part << " on " << ranks;
        }
      }
}

TEST(BatchParts, TheSumIsTheSameToTheBitForAnyNumberOfRanks) {
  for (int count : {1, 2, 3, 5, 6, 8, 11, 16}) {
    const std::vector<Row> rows = random_rows(count, 5000);
    const Row alone = sum_over_ranks(BatchParts(count, 1, 1), rows);
    for (int ranks = 2; ranks <= count + 1; ++ranks)
      EXPECT_EQ(sum_over_ranks(BatchParts(count, 1, ranks), rows), alone) << count << " on " << ranks;
  }
}

TEST(BatchParts, RanksThatArePowersOfTwoSendOneSumEach) {
  for (int ranks : {1, 2, 4, 8})
    for (int rank = 0; rank < ranks; ++rank)
      EXPECT_EQ(BatchParts(16, 1, ranks).nodes_of(rank),
                (std::vector<SumNode>{{rank * 16 / ranks, 16 / ranks}}));
}

}  // namespace
}  // namespace actionflow::training
