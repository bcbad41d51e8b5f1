// `classify FOLDER --output`: every recording in it is read once, however often the program is killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class Folder : public ::testing::Test {
 protected:
  void video(const std::string& name, int frames = 30) {
    const std::filesystem::path path = folder_ / "films" / name;
    std::filesystem::create_directories(path.parent_path());
    TestVideo video;
    video.frames = frames;
    write_test_video(path, video);
    streams_.insert(path.string());
  }
  void no_video(const std::string& name) {
    std::ofstream(folder_ / "films" / name) << "no video";
    streams_.insert(folder_ / "films" / name);
  }

  std::vector<std::string> command(const std::vector<std::string>& outputs) const {
    std::vector<std::string> words{
        ACTIONFLOW_PROGRAM, "classify",  "--json",
        folder_ / "films",  "--weights", project_root() / "configs/weights/air_stream_hands.safetensors"};
    for (const std::string& output : outputs) words.insert(words.end(), {"--output", folder_ / output});
    return words;
  }
  int run(const std::vector<std::string>& outputs, const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> words = command(outputs);
    words.insert(words.end(), flags.begin(), flags.end());
    ChildProcess program(words, folder_ / "stderr.txt");
    program.read_all(240);
    return program.wait();
  }

  // In the folder that runs share.
  std::size_t results() const {
    std::size_t count = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "found", error))
      count += entry.path().extension() == ".jsonl" ? 1 : 0;
    return count;
  }
  void wait_for_results(std::size_t least) const {
    for (int i = 0; i < 6000 && results() < least; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  static void kill(ChildProcess& program) {
    program.signal(SIGKILL);
    program.read_all(60);
    program.wait();
  }
  void expect_results_as_of_one_run() const {
    EXPECT_EQ(results(), streams_.size());
    ChildProcess merge({ACTIONFLOW_PROGRAM, "merge", folder_ / "found", "--output", folder_ / "all.csv",
                        "--output", folder_ / "all.jsonl"},
                       folder_ / "stderr.txt");
    merge.read_all(60);
    EXPECT_EQ(merge.wait(), 0) << text("stderr.txt");
    EXPECT_EQ(names("all.jsonl", "\"type\":\"stream\",\"stream\":\"([^\"]+)\""), all());
    EXPECT_EQ(run({"alone.csv"}), 0);
    EXPECT_EQ(names("all.csv", "\n([^\n]+)"), names("alone.csv", "\n([^\n]+)"));
  }

  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // How often a pattern's first group says each name.
  std::multiset<std::string> names(const std::string& file, const std::string& pattern) const {
    const std::string content = text(file);
    const std::regex expression(pattern);
    std::multiset<std::string> found;
    for (std::sregex_iterator it(content.begin(), content.end(), expression), end; it != end; ++it)
      found.insert((*it)[1]);
    return found;
  }
  std::multiset<std::string> all() const { return {streams_.begin(), streams_.end()}; }

  const TemporaryFolder folder_;
  std::set<std::string> streams_;
};

TEST_F(Folder, IsReadWithWhatIsBelowIt) {
  video("b.mp4");
  video("day 1/a.MP4");
  no_video("broken.mp4");
  std::ofstream(folder_ / "films/notes.txt") << "none of them";
  EXPECT_EQ(run({"out.csv"}), 3);
  EXPECT_EQ(names("out.csv", "\n([^,]+),"), all()) << text("out.csv");
  EXPECT_THAT(text("out.csv"), HasSubstr("broken.mp4: "));
}

TEST_F(Folder, IsReadInShares) {
  for (int i = 0; i < 12; ++i) video("day " + std::to_string(i % 3) + "/" + std::to_string(i) + ".mp4", 5);
  const std::string stream = "\n([^,]+),";
  std::multiset<std::string> found;
  for (const std::string share : {"1", "2", "3"}) {
    EXPECT_EQ(run({share + ".csv"}, {"--shard", share + "/3"}), 0) << text("stderr.txt");
    const std::multiset<std::string> named = names(share + ".csv", stream);
    EXPECT_LT(named.size(), 12U);
    found.insert(named.begin(), named.end());
  }
  EXPECT_EQ(found, all());
  EXPECT_EQ(run({"from 0.csv"}, {"--shard", "0/3"}), 0);
  EXPECT_EQ(names("from 0.csv", stream), names("3.csv", stream));

  const std::multiset<std::string> before = names("1.csv", stream);
  video("day 4/new.mp4", 5);
  EXPECT_EQ(run({"later.csv"}, {"--shard", "1/3"}), 0);
  std::multiset<std::string> later = names("later.csv", stream);
  later.erase(folder_ / "films/day 4/new.mp4");
  EXPECT_EQ(later, before) << "a share keeps what it had";
}

TEST_F(Folder, HasSharesThatHoldNothing) {
  video("only.mp4", 5);
  std::size_t found = 0;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(run({std::to_string(i) + ".csv"}, {"--shard", std::to_string(i) + "/4"}), 0)
        << text("stderr.txt");
    found += names(std::to_string(i) + ".csv", "\n([^,]+),").size();
  }
  EXPECT_EQ(found, 1U);
}

TEST_F(Folder, SharesAreNamedByNumbers) {
  video("only.mp4", 5);
  for (const std::string wrong : {"", "1", "1/0", "5/4", "-1/4", "1/4x", "a/b"}) {
    EXPECT_EQ(run({}, {"--shard=" + wrong}), 2) << wrong;
    EXPECT_THAT(text("stderr.txt"), HasSubstr("i/n")) << wrong;
  }
  EXPECT_EQ(run({}, {"--shard", "auto"}), 2);
  EXPECT_THAT(text("stderr.txt"), HasSubstr("no job array"));
}

TEST_F(Folder, WithoutRecordingsSaysSo) {
  std::filesystem::create_directories(folder_ / "films");
  EXPECT_EQ(run({}), 3);
  EXPECT_THAT(text("stderr.txt"), HasSubstr("holds no frames"));
}

TEST_F(Folder, IsGoneThroughOnceHoweverOftenTheProgramIsKilled) {
  constexpr int kFiles = 24;
  for (int i = 0; i < kFiles; ++i) video("day " + std::to_string(i % 3) + "/" + std::to_string(i) + ".mp4");
  const std::vector<std::string> outputs{"out.jsonl", "out.csv", "out.srt", "out.vtt", "out.html"};
  const std::string done = "\"type\":\"stream\",\"stream\":\"([^\"]+)\"";
  for (std::size_t least = 3; least < kFiles; least += 5) {
    ChildProcess program(command(outputs), folder_ / "stderr.txt");
    for (int i = 0; i < 6000 && names("out.jsonl", done).size() < least; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    program.signal(SIGKILL);
    program.read_all(60);
    program.wait();
  }
  EXPECT_EQ(run(outputs), 0) << text("stderr.txt");
  EXPECT_EQ(names("out.jsonl", done), all());
  const std::multiset<std::string> rows = names("out.csv", "\n([^,\n]+),");
  for (const std::string& stream : streams_)
    EXPECT_EQ(rows.count(stream) * kFiles, rows.size()) << stream << ": they are all alike";
  EXPECT_EQ(names("out.html", "class=\"stream\">\\{\"stream\":\"([^\"]+)\""), all());
  for (const std::string suffix : {".srt", ".vtt"}) {
    std::size_t captions = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      captions += entry.path().extension() == suffix ? 1 : 0;
    EXPECT_EQ(captions, kFiles) << suffix;
  }
  const std::string before = text("out.csv");
  EXPECT_EQ(run(outputs), 0);
  EXPECT_THAT(text("stderr.txt"), HasSubstr("24 of 24 streams"));
  EXPECT_EQ(text("out.csv"), before);
}

// Several runs over one folder, killed and begun again while they are at it, and one table of what they
// found.
TEST_F(Folder, IsReadOnceByRunsThatShareItHoweverOftenTheyAreKilled) {
  constexpr int kFiles = 24;
  for (int i = 0; i < kFiles; ++i) video("day " + std::to_string(i % 3) + "/" + std::to_string(i) + ".mp4");
  for (std::size_t least = 4; least < kFiles; least += 5) {
    ChildProcess one(command({"found/"}), folder_ / "one.txt"),
        other(command({"found/"}), folder_ / "other.txt");
    wait_for_results(least);
    kill(one);
    kill(other);
  }
  {
    ChildProcess one(command({"found/"}), folder_ / "one.txt"),
        other(command({"found/"}), folder_ / "other.txt");
    for (ChildProcess* program : {&one, &other}) {
      program->read_all(240);
      EXPECT_EQ(program->wait(), 0) << text("one.txt") << text("other.txt");
    }
  }
  expect_results_as_of_one_run();
  EXPECT_EQ(run({"found/", "other.csv"}), 2);
  EXPECT_THAT(text("stderr.txt"), HasSubstr("a folder stands alone"));
  EXPECT_EQ(run({"one.csv", "./one.csv"}), 2);
  EXPECT_THAT(text("stderr.txt"), HasSubstr("names a file twice"));
}

using LongFolder = Folder;

TEST_F(LongFolder, OfAThousandIsReadOnceByRunsThatAreKilledAtAnyMoment) {
  constexpr int kFiles = 1000, kLeftForTheLast = 100;
  for (int i = 0; i < kFiles; ++i)
    video("day " + std::to_string(i % 7) + "/" + std::to_string(i) + ".mp4", 5);
  std::mt19937 random(16);
  const auto draw = [&](unsigned most) { return static_cast<int>(random() % (most + 1)); };
  int killed = 0;
  while (results() + kLeftForTheLast < kFiles) {
    std::vector<std::unique_ptr<ChildProcess>> runs;
    for (const std::vector<std::string>& share :
         std::vector<std::vector<std::string>>{{"--shard", "1/2"}, {"--shard", "2/2"}, {}}) {
      std::vector<std::string> words = command({"found/"});
      words.insert(words.end(), share.begin(), share.end());
      runs.push_back(std::make_unique<ChildProcess>(words, folder_ / "killed.txt"));
    }
    std::shuffle(runs.begin(), runs.end(), random);
    for (const auto& run : runs) {
      wait_for_results(results() + static_cast<std::size_t>(draw(40)));
      std::this_thread::sleep_for(std::chrono::milliseconds(draw(100)));
      kill(*run);
      ++killed;
    }
  }
  EXPECT_GT(killed, 10);
  EXPECT_EQ(run({"found/"}), 0) << text("stderr.txt");
  expect_results_as_of_one_run();
}

}  // namespace
}  // namespace actionflow::testing
