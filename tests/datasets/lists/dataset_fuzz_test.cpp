#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/log/log.h"
#include "base/random.h"
#include "datasets/lists/dataset.h"
#include "datasets/lists/reading/read_dataset.h"
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
      {"trainlist01.txt", "wave/a.avi 1\nclap/b.avi 2\n"},
      {"times.txt", "a.mp4 0 1.5 wave\nb.mp4\na.mp4 00:02 00:03.5 clap\n"},
      {"boris.csv", "Media file,Behavior,Start (s),Stop (s)\na.mp4,wave,0,1\nb.mp4,clap,1,2\n"},
      {"activitynet.json",
       R"({"database":{"v":{"subset":"training","annotations":[{"label":"wave","segment":[0,1]},)"
       R"({"label":"clap","segment":[2,3.5]}]}}})"},
      {"studio.json",
       R"([{"data":{"video":"a.mp4"},"annotations":[{"result":[{"value":{"ranges":[{"start":1,"end":9}],)"
       R"("timelinelabels":["wave","clap"]}}]}]}])"},
      {"film.eaf",
       "<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID='a' TIME_VALUE='0'/>"
       "<TIME_SLOT TIME_SLOT_ID='b' TIME_VALUE='900'/></TIME_ORDER><TIER TIER_ID='t'><ANNOTATION>"
       "<ALIGNABLE_ANNOTATION TIME_SLOT_REF1='a' TIME_SLOT_REF2='b'><ANNOTATION_VALUE>wave</ANNOTATION_VALUE>"
       "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"}};
  const testing::TemporaryFolder folder;
  log::set_level(log::Level::quiet);
  DataOptions options;
  options.root = folder.path();
  options.annotation_rate = 25;
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
          for (const TimedAction& action : entry.actions) ASSERT_LT(action.start, action.end);
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
