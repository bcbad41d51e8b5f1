// Samples that are a part of a video.
#include <gmock/gmock.h>

#include "datasets/lists/dataset_scan.h"
#include "datasets/lists/rows_beyond.h"
#include "tests/datasets/lists/dataset_fixture.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Labels;
using testing::labels_of;
using testing::Names;
using testing::names_of;
using ::testing::SizeIs;
using testing::TestVideo;
using testing::write_test_video;

class Parts : public testing::DatasetTest {
 protected:
  Parts() {
    options_.classes = "classes.txt";
    options_.train = "train.csv";
  }
  void write_rows(const std::string& rows, const std::string& list = "train.csv") {
    write(list, "path,label,time_start,time_end\n" + rows);
  }
};

TEST_F(Parts, TimesBesideAPathCutThePartOut) {
  write("a.mp4", "");
  write("xyz.webm", "");
  write_rows("a.mp4,wave,0,2\na.mp4,clap,2.5,4\nxyz,wave,1,3\nb.mp4,clap,,\nc.mp4,clap,1,2\n");
  const Dataset dataset = read();
  EXPECT_EQ(names_of(dataset.train), (Names{"a.mp4", "a.mp4", "xyz", "b.mp4", "c.mp4"}));
  EXPECT_EQ(dataset.train[0].part, (TimeSpan{0, 2}));
  EXPECT_EQ(dataset.train[1].part, (TimeSpan{2.5, 4}));
  EXPECT_EQ(dataset.train[1].title(), "a.mp4, 2.5 to 4 s");
  EXPECT_EQ(dataset.train[2].path, folder_ / "xyz.webm");
  EXPECT_EQ(dataset.train[2].part, (TimeSpan{1, 3}));
  EXPECT_EQ(dataset.train[3].part, std::nullopt);
  EXPECT_EQ(dataset.train[4].part, (TimeSpan{1, 2}));
}

TEST_F(Parts, AFileThatWasCutThereGoesBefore) {
  for (const char* name : {"a.mp4", "a_000000_000002.mp4", "xyz.mp4", "wave/xyz_000010_000020.mp4"})
    write(name, "");
  write_rows("a.mp4,wave,0,2\nxyz,wave,10,20\na.mp4,wave,0.5,2\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.train[0].path, folder_ / "a_000000_000002.mp4");
  EXPECT_EQ(dataset.train[1].path, folder_ / "wave/xyz_000010_000020.mp4");
  EXPECT_EQ(dataset.train[0].part, std::nullopt);
  EXPECT_EQ(dataset.train[1].part, std::nullopt);
  EXPECT_EQ(dataset.train[2].path, folder_ / "a.mp4");
}

TEST_F(Parts, TimesAreReadAsProgramsWriteNumbers) {
  write_rows("a.mp4,wave,+2,4.\nb.mp4,clap,.5,+1e1\nc.mp4,clap,00:+1,0:1:2.\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.train[0].part, (TimeSpan{2, 4}));
  EXPECT_EQ(dataset.train[1].part, (TimeSpan{0.5, 10}));
  EXPECT_EQ(dataset.train[2].part, (TimeSpan{1, 62}));
  for (const char* bad : {"0x2", "++2", "+-2", "+inf", "+nan", "infinity", "+", ".", "2 x", "2,5"}) {
    write_rows(std::string("a.mp4,wave,0,\"") + bad + "\"\n");
    EXPECT_THAT(short_error(), HasSubstr("train.csv:2: error: the part's end is")) << bad;
  }
}

TEST_F(Parts, TimesThatAreNoPartAreErrorsWithTheirLine) {
  write_rows(
      "a.mp4,wave,1.5,0.5\na.mp4,wave,1,1\na.mp4,wave,-1,1\na.mp4,wave,nan,1\na.mp4,wave,0,inf\n"
      "a.mp4,wave,1s,2\na.mp4,wave,3,\n");
  EXPECT_EQ(short_error(),
            "train.csv:2: error: the part from 1.5 to 0.5 s ends before it begins\n"
            "train.csv:3: error: the part from 1 to 1 s ends before it begins\n"
            "train.csv:4: error: the part starts at -1 s, before the video, expected 0 or more\n"
            "train.csv:5: error: the part's start is 'nan', expected seconds, as 12 or 12.5\n"
            "train.csv:6: error: the part's end is 'inf', expected seconds, as 12 or 12.5\n"
            "train.csv:7: error: the part's start is '1s', expected seconds, as 12 or 12.5\n"
            "train.csv:8: error: the part's end is '', expected seconds, as 12 or 12.5");
  write("train.csv", "path,label,time_start\na.mp4,wave,1\n");
  EXPECT_THAT(short_error(), HasSubstr("train.csv:1: error: names a part's start without its end"));
}

TEST_F(Parts, PartsOfOneVideoAreNoDoublesButLeak) {
  write_rows("a.mp4,wave,0,2\na.mp4,clap,2,4\nb.mp4,clap,0,1\n");
  EXPECT_EQ(error(), "");
  options_.test = "test.csv";
  write_rows("c.mp4,wave,0,1\na.mp4,wave,10,12\n", "test.csv");
  EXPECT_EQ(short_error(), "test.csv:3: error: a leak: 'a.mp4' stands in train.csv:2 too");
  options_.test = "";
  write_rows("a.mp4,wave,0,2\na.mp4,wave,0,2\n");
  EXPECT_EQ(short_error(), "train.csv:3: error: 'a.mp4, 0 to 2 s' stands in train.csv:2 already");
}

TEST_F(Parts, AShareForValTakesWholeVideos) {
  std::string rows;
  for (int video = 0; video < 6; ++video) {
    for (int part = 0; part < 4; ++part)
      rows += "v" + std::to_string(video) + ".mp4,wave," + std::to_string(part) + "," +
              std::to_string(part + 1) + "\n";
  }
  write_rows(rows);
  options_.val_share = 0.3;
  for (std::uint64_t seed = 1; seed < 10; ++seed) EXPECT_THAT(read(seed).val, SizeIs(8)) << seed;
}

TEST_F(Parts, ThoseBeyondTheirVideoAreNamedWithTheirLine) {
  log::set_level(log::Level::quiet);
  TestVideo video;  // 25 frames a second
  video.frames = 50;
  write_test_video(folder_ / "a.mp4", video);
  write_rows("a.mp4,wave,0,2.4\na.mp4,wave,1,3\na.mp4,wave,2,2.3\nmissing.mp4,wave,8,9\n");
  Dataset dataset = read();
  const std::vector<RowBeyond> rows = rows_beyond(dataset.train, 2);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].place + ": " + rows[0].what,
            "train.csv:3: the part from 1 to 3 s lies beyond 'a.mp4', which has 2 s");
  EXPECT_EQ(rows[1].place + ": " + rows[1].what,
            "train.csv:4: the part from 2 to 2.3 s lies beyond 'a.mp4', which has 2 s");
  const ScanResult scan = scan_videos(dataset.train, 1.5, 2);
  ASSERT_THAT(scan.unreadable, SizeIs(3));
  EXPECT_EQ(scan.unreadable[0].why, "train.csv:3: " + (folder_ / "a.mp4").string() +
                                        ": the part from 1 to 3 s lies beyond the video, which has 2 s");
  EXPECT_THAT(scan.short_ones, ::testing::IsEmpty());
  leave_out(rows, dataset.train);
  EXPECT_EQ(names_of(dataset.train), (Names{"a.mp4", "missing.mp4"}));
  log::set_level(log::Level::info);
}

TEST_F(Parts, ACellInQuotesMayHoldALineBreak) {
  options_.classes = "";
  write("train.csv",
        "\xEF\xBB\xBFpath,label,note\r\na.mp4,\"two\r\nlines\",\"x,\n\n\"\"y\"\"\"\r\n\r\nb.mp4,one,\r\n"
        "c.mp4,one\r\nd.mp4,\"one\r\n");
  EXPECT_THAT(short_error(), AllOf(HasSubstr("train.csv:8: error: has 2 cells, expected 3"),
                                   HasSubstr("train.csv:9: error: a quote is not closed")));
  write("train.csv", "path,label,note\r\na.mp4,\"two\r\nlines\",\"x,\n\n\"\"y\"\"\"\r\n\r\nb.mp4,one,\r\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.classes, (Names{"one", "two\nlines"}));
  EXPECT_EQ(labels_of(dataset.train), (Labels{{1}, {0}}));
  EXPECT_EQ(dataset.train[1].list, "train.csv:7");
}

}  // namespace
}  // namespace actionflow
