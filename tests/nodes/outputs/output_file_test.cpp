// A run over many files, stopped and gone on with.
#include "nodes/outputs/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

class OutputFileTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path path() const { return folder_ / ("out." + GetParam()); }

  std::string text() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void find(ResultSink& sink, const std::string& stream, const std::string& label) {
    sink.event({stream, "actions", "actions-0-0", label, {EventChange::begun, 0, 0, 0.5F, 1, 2, 2}});
    sink.event({stream, "actions", "actions-0-0", label, {EventChange::ended, 0, 0, 0.5F, 1, 2, 2}});
  }

  const testing::TemporaryFolder folder_;
};

TEST_P(OutputFileTest, GoesOnWithWhatIsMissing) {
  {
    const auto sink = OutputFile(path(), true).open({.renewed = {"a", "b", "c", "d"}});
    find(*sink, "a", "wave");
    find(*sink, "b", "half");
    sink->stream_end({"a", 5, true});
    sink->stream_end({"c", 0, false, "no such file"});
    sink->stream_end({"d", 3, true});
    sink->stream_end({"b", 2, false});  // stopped
    sink->finish();
  }
  EXPECT_THAT(text(), Not(HasSubstr("half")));
  EXPECT_THAT(text(), HasSubstr("no such file"));
  const OutputFile again(path(), true);
  EXPECT_TRUE(again.done("a"));
  EXPECT_TRUE(again.done("d")) << "though nothing was found in it";
  EXPECT_FALSE(again.done("b"));
  EXPECT_FALSE(again.done("c")) << "it may be there now";
  const std::string before = text();
  const auto sink = again.open({.renewed = {"b", "c"}});
  EXPECT_THAT(text(), HasSubstr("wave"));
  EXPECT_THAT(text(), Not(HasSubstr("no such file")));
  for (const char* stream : {"b", "c"}) {
    find(*sink, stream, "more");
    sink->stream_end({stream, 5, true});
  }
  sink->finish();
  for (const char* stream : {"a", "b", "c", "d"})
    EXPECT_TRUE(OutputFile(path(), true).done(stream)) << stream;
  EXPECT_THAT(text(), HasSubstr("wave"));
}

TEST_P(OutputFileTest, ALineThatIsTornIsWrittenAnew) {
  {
    const auto sink = OutputFile(path(), true).open({});
    for (const char* stream : {"a", "b"}) {
      find(*sink, stream, "wave");
      sink->stream_end({stream, 5, true});
    }
    sink->finish();
  }
  std::filesystem::resize_file(path(), text().size() - 5);
  EXPECT_TRUE(OutputFile(path(), true).done("a"));
  EXPECT_FALSE(OutputFile(path(), true).done("b"));
}

// What a kill leaves behind.
TEST_P(OutputFileTest, AStreamWhoseRowsWereNotAllWrittenIsWrittenAnew) {
  std::size_t first = 0, whole = 0;
  {
    const auto sink = OutputFile(path(), true).open({});
    for (const char* stream : {"a", "b"}) {
      first = text().size();
      find(*sink, stream, "wave");
      find(*sink, stream, "point");
      sink->stream_end({stream, 5, true});
    }
    sink->finish();
    whole = text().size();
  }
  ASSERT_EQ(text().find('\0'), std::string::npos);
  const std::string written = text();
  for (std::size_t bytes = first + 1; bytes < whole; ++bytes) {
    std::string left = written.substr(0, bytes);
    left[first] = '\0';
    std::ofstream(path(), std::ios::binary) << left;
    ASSERT_TRUE(OutputFile(path(), true).done("a")) << bytes;
    ASSERT_FALSE(OutputFile(path(), true).done("b")) << bytes;
  }
  OutputFile(path(), true).open({.renewed = {"b"}})->finish();
  EXPECT_EQ(text(), written.substr(0, first));
}

TEST_P(OutputFileTest, HoldsWhateverNamesAndReasonsThereAre) {
  const std::string hostile = "a,\"b\" <script> % # ? \x1b[31m\r\n\x01.mp4";
  {
    const auto sink = OutputFile(path(), true).open({});
    find(*sink, "plain", hostile);
    sink->stream_end({"plain", 5, true});
    sink->stream_end({"wrong", 0, false, "cannot be opened: " + hostile});
    sink->finish();
  }
  EXPECT_TRUE(OutputFile(path(), true).done("plain"));
  EXPECT_FALSE(OutputFile(path(), true).done("wrong"));
}

TEST_P(OutputFileTest, WritesOverNothingThatIsNotItsOwn) {
  std::ofstream(path()) << "my notes\n";
  EXPECT_THROW(OutputFile(path(), true), UsageError);
  EXPECT_EQ(text(), "my notes\n");
}

TEST_P(OutputFileTest, AnEmptyFileIsWritten) {
  std::ofstream(path()).close();
  EXPECT_FALSE(OutputFile(path(), false).done("a"));
  OutputFile(path(), false).open({.renewed = {"a"}})->stream_end({"a", 5, true});
  EXPECT_TRUE(OutputFile(path(), false).done("a"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, OutputFileTest, ::testing::Values("jsonl", "csv", "html"));

TEST(OutputFile, CaptionsAreAFileAStream) {
  const testing::TemporaryFolder folder;
  const auto sink = OutputFile(folder / "out.srt", true).open({});
  sink->stream_end({"a.mp4", 5, true});
  sink->stream_end({"b.mp4", 0, false, "no such file"});
  EXPECT_TRUE(OutputFile(folder / "out.srt", true).done("a.mp4"));
  EXPECT_FALSE(OutputFile(folder / "out.srt", true).done("b.mp4"));
  EXPECT_TRUE(std::filesystem::exists(folder / "out-a.mp4.srt"));
  const auto one = OutputFile(folder / "one.srt", false).open({});
  one->stream_end({"a.mp4", 5, true});
  EXPECT_TRUE(std::filesystem::exists(folder / "one.srt"));
}

// As mktemp makes one. Captions of a stream in which nothing was found are done, too.
TEST(OutputFile, AnEmptyFileOfCaptionsIsWritten) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"one.srt", "one.vtt"}) {
    std::ofstream(folder / name).close();
    const OutputFile file(folder / name, false);
    EXPECT_FALSE(file.done("a.mp4")) << name;
    file.open({})->stream_end({"a.mp4", 5, true});
    EXPECT_TRUE(file.done("a.mp4")) << name;
  }
}

// A link to one that has no end, which would be read for ever to see what is done already.
TEST(OutputFile, ADeviceHoldsNoResults) {
  const testing::TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/zero", folder / "out.csv");
  EXPECT_FALSE(OutputFile(folder / "out.csv", true).done("a.mp4"));
}

TEST(OutputFile, CaptionsOfTwoStreamsAreNoOneFile) {
  const OutputFile file("out.srt", true);
  EXPECT_NO_THROW(file.check_streams({"day/a.mp4", "day/b.mp4"}));
  EXPECT_THROW(file.check_streams({"day/a.mp4", "day_a.mp4"}), UsageError);
  EXPECT_THROW(file.check_streams({std::string(300, 'a')}), UsageError);
  EXPECT_NO_THROW(OutputFile("out.csv", true).check_streams({"day/a.mp4", "day_a.mp4"}));
}

TEST(OutputFile, AnotherSuffixIsRefused) { EXPECT_THROW(OutputFile("out.xml", true), UsageError); }

TEST(OutputFile, ACamerasLinesAreWrittenAtOnce) {
  const testing::TemporaryFolder folder;
  const auto sink = OutputFile(folder / "out.jsonl", true).open({.cameras = {"door"}});
  sink->event({"door", "actions", "actions-0-0", "wave", {EventChange::begun, 0, 0, 0.5F, 1, 2, 2}});
  std::ifstream file(folder / "out.jsonl");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr(R"("stream":"door")"));
}

}  // namespace
}  // namespace actionflow
