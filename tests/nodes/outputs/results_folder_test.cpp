#include "nodes/outputs/results_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "nodes/outputs/output_file.h"
#include "nodes/results/json_lines.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ResultsFolderTest : public ::testing::Test {
 protected:
  std::string text(const std::string& name) const {
    std::ifstream file(path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::filesystem::path path() const { return folder_ / "found"; }

  const TemporaryFolder folder_;
};

TEST_F(ResultsFolderTest, ARecordingIsTakenOnceAndNotAgainWhenItIsDone) {
  const auto one = std::make_shared<ResultsFolder>(path());
  ResultsFolder other(path());
  EXPECT_TRUE(one->take("yard/1.mp4"));
  EXPECT_FALSE(one->take("yard/1.mp4"));
  EXPECT_FALSE(other.take("yard/1.mp4"));
  EXPECT_TRUE(other.take("yard/2.mp4"));
  FolderOutput sink(one);
  sink.event({"yard/1.mp4", "actions", "actions-0-0", "wave", {EventChange::ended, 0, 0, 0.5F, 1, 2, 2}});
  EXPECT_FALSE(std::filesystem::exists(path() / "yard"));
  sink.stream_end({"yard/1.mp4", 5, true});
  EXPECT_THAT(text("yard/1.mp4.jsonl"), HasSubstr("\"label\":\"wave\""));
  EXPECT_TRUE(other.done("yard/1.mp4"));
  EXPECT_FALSE(other.take("yard/1.mp4"));
  EXPECT_FALSE(other.done("yard/2.mp4"));
}

TEST_F(ResultsFolderTest, WhatAKilledRunLeftIsClearedAtTheFirstResultBesideIt) {
  std::filesystem::create_directories(path() / "yard");
  std::ofstream(path() / "yard/9.mp4.jsonl.tmp-1-2") << "half";
  const auto one = std::make_shared<ResultsFolder>(path());
  ASSERT_TRUE(one->take("yard/1.mp4"));
  FolderOutput(one).stream_end({"yard/1.mp4", 5, true});
  EXPECT_FALSE(std::filesystem::exists(path() / "yard/9.mp4.jsonl.tmp-1-2"));
  EXPECT_TRUE(std::filesystem::exists(path() / "yard/1.mp4.jsonl"));
}

TEST_F(ResultsFolderTest, WhatWasStoppedOrCouldNotBeReadIsTakenAgain) {
  const auto one = std::make_shared<ResultsFolder>(path());
  FolderOutput sink(one);
  for (const char* stream : {"stopped", "damaged"}) ASSERT_TRUE(one->take(stream));
  sink.stream_end({"stopped", 2, false});
  sink.stream_end({"damaged", 0, false, "no such file"});
  EXPECT_FALSE(std::filesystem::exists(path() / "stopped.jsonl"));
  EXPECT_THAT(text("damaged.jsonl"), HasSubstr("no such file"));
  ResultsFolder other(path());
  for (const char* stream : {"stopped", "damaged"}) EXPECT_TRUE(other.take(stream)) << stream;
}

TEST_F(ResultsFolderTest, NamesFromAnywhereLieInIt) {
  const ResultsFolder folder(path());
  EXPECT_EQ(folder.file_of("/videos/a.mp4"), path() / "videos/a.mp4.jsonl");
  EXPECT_EQ(folder.file_of("../nowhere/a.mp4"), path() / "__/nowhere/a.mp4.jsonl");
  EXPECT_EQ(folder.file_of("./day 1//b.mp4"), path() / "day 1/b.mp4.jsonl");
  EXPECT_EQ(folder.file_of("s3://b/day 1/b.mp4"), path() / "s3:/b/day 1/b.mp4.jsonl");
  EXPECT_EQ(folder.file_of("http://h/view/"), path() / "http:/h/view/_.jsonl");
}

TEST_F(ResultsFolderTest, ObjectsOfABucketAreToldByEachCharacter) {
  const auto folder = std::make_shared<ResultsFolder>(path());
  for (const char* stream : {"s3://b/a//x.mp4", "s3://b/a/x.mp4", "s3://b/a/../x.mp4"}) {
    ASSERT_TRUE(folder->take(stream)) << stream;
    FolderOutput(folder).stream_end({stream, 5, true});
  }
  EXPECT_EQ(result_files_in(path()).size(), 3U);
}

TEST_F(ResultsFolderTest, WhatWasReadFromSomethingElseIsTakenAgain) {
  const auto one = std::make_shared<ResultsFolder>(path());
  one->expect("door", "monday");
  ASSERT_TRUE(one->take("door"));
  FolderOutput(one).stream_end({"door", 5, true});
  ResultsFolder same(path()), other(path());
  same.expect("door", "monday");
  other.expect("door", "tuesday");
  EXPECT_TRUE(same.done("door"));
  EXPECT_FALSE(same.take("door"));
  EXPECT_FALSE(other.done("door"));
  EXPECT_TRUE(other.take("door"));
}

TEST_F(ResultsFolderTest, TwoRecordingsOfOneNameAreRefused) {
  const auto folder = std::make_shared<ResultsFolder>(path());
  ASSERT_TRUE(folder->take("/videos/a.mp4"));
  FolderOutput(folder).stream_end({"/videos/a.mp4", 5, true});
  EXPECT_THAT([&] { folder->take("videos/a.mp4"); },
              ThrowsMessage<UsageError>(HasSubstr("'/videos/a.mp4', not of")));
}

TEST_F(ResultsFolderTest, ARecordingIsOneHoweverItIsWritten) {
  std::filesystem::create_directories(folder_ / "films");
  std::ofstream(folder_ / "films/a.mp4") << "a";
  std::filesystem::create_symlink(folder_ / "films", folder_ / "link");
  const std::string name = folder_ / "films/a.mp4";
  const auto folder = std::make_shared<ResultsFolder>(path());
  EXPECT_EQ(folder->file_of(name), path() / "films/a.mp4.jsonl") << "counts from where the folder stands";
  ASSERT_TRUE(folder->take(name));
  const std::string relative = std::filesystem::relative(folder_ / "films/a.mp4");
  const std::vector<std::string> ways{folder_.path().string() + "/films/./a.mp4",
                                      folder_.path().string() + "//films//a.mp4", folder_ / "link/a.mp4",
                                      relative, "./" + relative};
  for (const std::string& way : ways) EXPECT_FALSE(folder->take(way)) << way << " is taken";
  FolderOutput(folder).stream_end({name, 5, true});
  const auto later = std::make_shared<ResultsFolder>(path());
  for (const std::string& way : ways) {
    EXPECT_TRUE(later->done(way)) << way;
    EXPECT_FALSE(later->take(way)) << way;
  }
  EXPECT_EQ(result_files_in(path()).size(), 1U);
}

TEST_F(ResultsFolderTest, ARecordingThatIsMissingIsOneHoweverItIsWritten) {
  std::filesystem::create_directories(folder_ / "films");
  const std::string relative = std::filesystem::relative(folder_ / "films/a.mp4");
  const auto folder = std::make_shared<ResultsFolder>(path());
  for (const std::string& way : {relative, "./" + relative, folder_.path().string() + "//films/./a.mp4"})
    EXPECT_EQ(folder->file_of(way), path() / "films/a.mp4.jsonl");
  EXPECT_EQ(folder->file_of("none.mp4"), folder->file_of("./none.mp4"));
  EXPECT_EQ(folder->file_of("door"), path() / "door.jsonl") << "a stream's name";
}

TEST_F(ResultsFolderTest, IsOfOneNetworkAndItsOptions) {
  ResultsFolder(path()).require_made_by("hop: 4\nnet: cnn3d 1f\n");
  ResultsFolder again(path());
  again.require_made_by("hop: 4\nnet: cnn3d 1f\n");
  EXPECT_THAT([&] { again.require_made_by("hop: 8\nnet: cnn3d 1f\n"); },
              ThrowsMessage<UsageError>(HasSubstr("'hop: 4' is now 'hop: 8'; expected the same network")));
  for (const char* other : {"hop: 4\n", "hop: 4\nnet: cnn3d 1f\nevents: begin 0.5\n"})
    EXPECT_THROW(again.require_made_by(other), UsageError) << other;
}

TEST_F(ResultsFolderTest, NamesThatAreTooLongAreShortened) {
  const auto folder = std::make_shared<ResultsFolder>(path());
  const std::string begin(250, 'a');
  for (const std::string& stream : {begin + "1", begin + "2", "\u00e9\u00e9" + begin}) {
    ASSERT_TRUE(folder->take(stream));
    FolderOutput(folder).stream_end({stream, 5, true});
    EXPECT_TRUE(folder->done(stream));
  }
  EXPECT_EQ(result_files_in(path()).size(), 3U);
}

TEST_F(ResultsFolderTest, CamerasAndFilesAreRefused) {
  const OutputFile folder(path().string() + "/", true);
  EXPECT_THAT([&] { folder.open({.cameras = {"door"}}); },
              ThrowsMessage<UsageError>(HasSubstr("'door' has no end")));
  std::ofstream(folder_ / "file") << "text";
  EXPECT_THAT([&] { OutputFile(folder_ / "file/", true); },
              ThrowsMessage<UsageError>(HasSubstr("made a folder")));
}

TEST_F(ResultsFolderTest, FilesAreFoundInNaturalOrder) {
  const auto folder = std::make_shared<ResultsFolder>(path());
  FolderOutput sink(folder);
  for (const char* stream : {"b/10.mp4", "b/9.mp4", "a"}) sink.stream_end({stream, 1, true});
  EXPECT_THAT(result_files_in(path()),
              ElementsAre(path() / "a.jsonl", path() / "b/9.mp4.jsonl", path() / "b/10.mp4.jsonl"));
}

TEST(JsonLines, AreReadAgain) {
  WindowResult window;
  window.stream = "a \"b\"";
  window.node = "net";
  window.start = 1.25;
  window.end = 3.5;
  window.padded = window.none = true;
  window.top = {{"wave", 0.75F}, {"stop", 0.25F}};
  const EventResult event{"a", "actions", "actions-0-0", "wave", {EventChange::ended, 0, 0, 0.5F, 1, 2, 2}};
  const EventResult begun{"a", "actions", "actions-0-0", "wave", {EventChange::begun, 0, 0, 0.5F, 1, 0, 1}};
  const StreamEnd end{"a", 5, true}, failed{"a", 0, false, "no such file"};
  for (const std::string& line : {to_json_line(window), to_json_line(event), to_json_line(begun),
                                  to_json_line(end), to_json_line(failed)}) {
    const auto result = from_json_line(line);
    ASSERT_TRUE(result) << line;
    const std::string again = std::visit([](const auto& each) { return to_json_line(each); }, *result);
    EXPECT_EQ(again, line);
  }
  EXPECT_FALSE(from_json_line(to_json_line(Summary())));
  for (const char* wrong :
       {"", "{", "[]", "7", R"({"type":"window"})", R"({"type":"event","stream":3})",
        R"({"type":"window","stream":"a","node":"n","start":0,"end":1,"latency_ms":1,"top":[]})"})
    EXPECT_THROW(from_json_line(wrong), UsageError) << wrong;
}

}  // namespace
}  // namespace actionflow::testing
