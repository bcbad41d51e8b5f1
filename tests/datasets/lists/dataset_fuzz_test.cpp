#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "datasets/lists/dataset.h"
#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

std::string mutilated(std::string bytes, Random& random) {
  for (std::uint64_t change = random.below(4) + 1; change > 0 && !bytes.empty(); --change) {
    const std::size_t at = random.below(bytes.size());
    if (random.chance(0.2))
      bytes.erase(at, random.below(10));
    else if (random.chance(0.2))
      bytes.insert(at, bytes.substr(random.below(bytes.size()), random.below(20)));
    else
      bytes[at] = static_cast<char>(random.below(256));
  }
  return bytes;
}

// Whatever becomes of a list's bytes, it is read or refused.
TEST(DatasetFuzz, MutilatedListsAreReadOrRefused) {
  const std::vector<std::pair<std::string, std::string>> lists{
      {"train.txt", "videos/a b.mp4 1\nc.mp4 0\nd.mp4 brush hair\n"},
      {"train.csv", "path,label,group\n\"a, \"\"b\"\".mp4\",0,g\nb.mp4,1,h\n"},
      {"jester.csv", "1;wave\n2;clap\n3;wave\n"},
      {"train.json", R"([{"id":"1","template":"[wave]"},{"id":"2","template":"clap"}])"},
      {"trainlist01.txt", "wave/a.avi 1\nclap/b.avi 2\n"}};
  const testing::TemporaryFolder folder;
  log::set_level(log::Level::quiet);
  DataOptions options;
  options.root = folder.path();
  int read_well = 0;
  for (const auto& [name, text] : lists) {
    options.train = folder / name;
    for (std::uint64_t round = 0; round < 80; ++round) {
      Random random(7, name, 0, round);
      std::ofstream(folder / name, std::ios::binary) << mutilated(text, random);
      try {
        const Dataset dataset = read_dataset(options, 1);
        for (const VideoEntry& entry : dataset.train) {
          for (const int label : entry.labels) ASSERT_LT(label, static_cast<int>(dataset.classes.size()));
        }
        ++read_well;
      } catch (const DatasetError& failure) {
        EXPECT_NE(std::string(failure.what()), "");
      }
    }
  }
  log::set_level(log::Level::info);
  EXPECT_GT(read_well, 40);
}

}  // namespace
}  // namespace actionflow
