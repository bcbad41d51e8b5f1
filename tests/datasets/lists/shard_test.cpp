#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "datasets/lists/shard_names.h"
#include "datasets/lists/text/tar_index.h"
#include "datasets/recordings/video_frames.h"
#include "tests/datasets/lists/dataset_fixture.h"
#include "tests/datasets/lists/text_files.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/fuzz/tar_input.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/object_server.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using testing::EnvironmentVariable;
using ::testing::HasSubstr;
using testing::ObjectServer;

TEST(ShardNames, AreCountedWithTheDigitsOfTheFirst) {
  EXPECT_THAT(shard_names("s3://b/train-{008..011}.tar"),
              ElementsAre("s3://b/train-008.tar", "s3://b/train-009.tar", "s3://b/train-010.tar",
                          "s3://b/train-011.tar"));
  EXPECT_THAT(shard_names("{0..1}/{1..2}.tar"), ElementsAre("0/1.tar", "0/2.tar", "1/1.tar", "1/2.tar"));
  EXPECT_THAT(shard_names("one.tar"), ElementsAre("one.tar"));
  EXPECT_THROW(shard_names("{9..1}.tar"), UsageError);
  EXPECT_THROW(shard_names("{0..99999}-{0..99999}.tar"), UsageError);
}

// By the tar of the system, whose headers are not ours.
class Shards : public testing::DatasetTest {
 protected:
  void pack(const std::string& archive, const std::string& files, const std::string& options = "") {
    const std::string command =
        "cd " + (folder_ / "in").string() + " && tar " + options + " -cf ../" + archive + " " + files;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void overwrite(const std::string& archive, std::size_t at, const std::string& bytes) {
    std::string text = testing::content(folder_ / archive);
    text.replace(at, bytes.size(), bytes);
    write(archive, text);
  }
  std::string tar_error(const std::string& archive) {
    options_.train = archive;
    return short_error();
  }
};

TEST_F(Shards, AreVideosWithTheLabelsBesideThem) {
  const std::string deep = std::string(120, 'd') + "/" + std::string(120, 'n');  // beyond ustar's fields
  for (const char* name : {"a", "b", "c"})
    write("in/" + std::string(name) + ".mp4", std::string("film ") + name);
  write("in/a.cls", "1\n");
  write("in/b.json", "{\"label\": \"brush hair\"}");
  write("in/c.txt", "wave");
  write("in/" + deep + ".webm", "film d");
  write("in/" + deep + ".cls", "clap");
  write("in/lonely.cls", "0");
  for (const char* format : {"--format=ustar", "--format=gnu", "--format=pax"}) {
    pack("train-00.tar", "a.cls a.mp4 b.mp4", format);
    pack("train-01.tar",
         std::string("b.json lonely.cls c.mp4 c.txt ") +
             (format[9] == 'u' ? "" : deep + ".webm " + deep + ".cls"),
         format);
    options_.classes = "classes.txt";
    pack("train-00.tar", "a.cls a.mp4 b.mp4 b.json", format);
    options_.train = "train-{00..01}.tar";
    const Dataset dataset = read();
    ASSERT_EQ(dataset.train.size(), format[9] == 'u' ? 3U : 4U) << format;
    EXPECT_EQ(dataset.train[0].name, "train-00.tar/a.mp4");
    EXPECT_THAT(dataset.train[0].labels, ElementsAre(1));
    EXPECT_THAT(dataset.train[1].labels, ElementsAre(2));
    EXPECT_THAT(dataset.train[2].labels, ElementsAre(0));
    if (dataset.train.size() == 4) {
      EXPECT_EQ(dataset.train[3].name, "train-01.tar/" + deep + ".webm");
    }
  }
}

TEST_F(Shards, SayWhereTheyAreWrong) {
  write("in/a.mp4", std::string(3000, 'x'));
  write("in/a.cls", "1");
  pack("good.tar", "a.mp4 a.cls", "--format=ustar");
  const std::string good = testing::content(folder_ / "good.tar");
  options_.classes = "classes.txt";
  write("short.tar", good.substr(0, 2000));
  EXPECT_THAT(tar_error("short.tar"),
              HasSubstr("short.tar:0: error: a member of 3000 bytes goes beyond the archive's 2000"));
  write("headless.tar", good.substr(0, 4096));
  EXPECT_THAT(tar_error("headless.tar"),
              HasSubstr("headless.tar:3584: error: a member of 1 bytes goes beyond"));
  write("endless.tar", good.substr(0, 5120 - 512));
  EXPECT_THAT(tar_error("endless.tar"), HasSubstr("error: the archive ends here"));
  write("sum.tar", good);
  overwrite("sum.tar", 3584, "b");
  EXPECT_THAT(tar_error("sum.tar"), HasSubstr("sum.tar:3584: error: no tar header stands here"));
  pack("twice.tar", "a.mp4 a.mp4 --hard-dereference", "");
  EXPECT_THAT(tar_error("twice.tar"), HasSubstr("'a.mp4' stands in the archive twice"));
  write("in/huge.cls", std::string(100'000, '1'));
  write("in/huge.mp4", "film");
  pack("huge.tar", "huge.mp4 huge.cls");
  EXPECT_THAT(tar_error("huge.tar"), HasSubstr("expected a label of at most 65536"));
  EXPECT_THAT(tar_error("none.tar"), HasSubstr("none.tar: cannot be opened"));
  write("text.tar", "no tar at all, but a letter\n");
  EXPECT_THAT(tar_error("text.tar"), HasSubstr("text.tar:0: error: the archive ends here"));
}

TEST_F(Shards, ThatAreCompressedAreToldHowToBeUnpacked) {
  options_.classes = "classes.txt";
  write("train.tar.gz", std::string("\x1f\x8b\x08\x00", 4) + std::string(600, 'x'));
  EXPECT_THAT(tar_error("train.tar.gz"),
              ::testing::AllOf(HasSubstr("is compressed by gzip"), HasSubstr("gzip -dk '"),
                               HasSubstr("train.tar.gz'")));
  write("train.tar.zst", "\x28\xb5\x2f\xfd and more");
  EXPECT_THAT(tar_error("train.tar.zst"), HasSubstr("zstd -dk '"));
  write("named.tar", std::string("\xfd") + "7zXZ and more");
  EXPECT_THAT(tar_error("named.tar"), HasSubstr("xz -dk '")) << "whatever its name is";
  write("in/BZh 1.mp4", std::string(700, 'x'));
  write("in/BZh 1.cls", "1");
  pack("plain.tar", "'BZh 1.mp4' 'BZh 1.cls'", "--format=ustar");
  EXPECT_EQ(tar_error("plain.tar"), "") << "a member's name may begin as bzip2 does";
}

TEST_F(Shards, AnyByteMayBeWrong) {
  write("in/a.mp4", std::string(700, 'x'));
  write("in/a.cls", "1");
  pack("good.tar", "a.mp4 a.cls", "--format=pax");
  const std::string good = testing::content(folder_ / "good.tar");
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x95);
    write("bad.tar", bad);
    const std::string archive = folder_ / "bad.tar";
    try {
      for (const TarMember& member : read_tar(archive, ArchiveBytes::open(archive)))
        EXPECT_LE(member.offset + member.size, bad.size()) << at;
    } catch (const DatasetError& error) {
      EXPECT_THAT(error.what(), HasSubstr("bad.tar:")) << at;
    }
  }
}

// What the fuzzer (tests/fuzz) found worth keeping: each takes another way through the reader.
TEST(TarIndex, StandsWhatTheFuzzerFound) {
  int files = 0, read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ACTIONFLOW_ROOT "/tests/fuzz/corpus/tar")) {
    const std::string bytes = testing::content(entry.path());
    for (const bool mended : {false, true}) read += testing::reads_tar(bytes, mended) ? 1 : 0;
    ++files;
  }
  EXPECT_GT(files, 50);
  EXPECT_GT(read, 10);
}

class RemoteLists : public Shards {
 protected:
  ObjectServer server_;
  const EnvironmentVariable endpoint_{"AWS_ENDPOINT_URL", server_.address()};
  const EnvironmentVariable cache_{"ACTIONFLOW_CACHE", (folder_ / "cache").string()};
};

TEST_F(RemoteLists, NameVideosBesideThemselvesOrAnywhere) {
  server_.put("/data/lists/train.txt", "wave/a.mp4 0\nhttps://elsewhere.org/b.mp4 1\n");
  options_.classes = folder_ / "classes.txt";
  options_.train = "s3://data/lists/train.txt";
  const Dataset dataset = read_dataset(options_, 1);
  ASSERT_EQ(dataset.train.size(), 2U);
  EXPECT_EQ(dataset.train[0].path, "s3://data/lists/wave/a.mp4");
  EXPECT_EQ(dataset.train[1].path, "https://elsewhere.org/b.mp4");
  EXPECT_EQ(dataset.train[1].list, "train.txt:2");
  options_.root = "s3://videos/all";
  EXPECT_EQ(read_dataset(options_, 1).train[0].path, "s3://videos/all/wave/a.mp4");
  server_.put("/data/lists/train.txt", "../a.mp4 0\n");
  EXPECT_THAT([&] { read_dataset(options_, 1); },
              ::testing::ThrowsMessage<DatasetError>(
                  HasSubstr("s3://data/lists/train.txt:1: error: '../a.mp4' leads out")));
  options_.train = "s3://data/lists/none.txt";
  EXPECT_THAT([&] { read_dataset(options_, 1); },
              ::testing::ThrowsMessage<DatasetError>(HasSubstr("answers 404")));
}

TEST_F(RemoteLists, AreArchivesAsTheyAreNow) {
  write("in/a.mp4", "film");
  write("in/b.mp4", "film");
  write("in/a.cls", "clap");
  write("in/b.cls", "wave");
  options_.classes = folder_ / "classes.txt";
  options_.train = "s3://data/train.tar";
  for (const char* name : {"a", "b"}) {
    pack("train.tar", std::string(name) + ".mp4 " + name + ".cls");
    server_.put("/data/train.tar", testing::content(folder_ / "train.tar"));
    EXPECT_EQ(read_dataset(options_, 1).train.at(0).name, "train.tar/" + std::string(name) + ".mp4");
  }
}

TEST_F(RemoteLists, HoldShardsWhoseVideosAreReadWhereTheyLie) {
  std::filesystem::create_directories(folder_ / "in");
  testing::write_test_video(folder_ / "in/a.mp4", {});
  write("in/a.cls", "clap");
  pack("train.tar", "a.mp4 a.cls");
  server_.put("/data/train-7.tar", testing::content(folder_ / "train.tar"));
  options_.classes = folder_ / "classes.txt";
  options_.train = "s3://data/train-{7..7}.tar";
  const Dataset dataset = read_dataset(options_, 1);
  ASSERT_EQ(dataset.train.size(), 1U);
  EXPECT_THAT(dataset.train[0].labels, ElementsAre(1));
  // What the archive holds is not asked for again while it is the same.
  const std::size_t asked = server_.requests().size();
  EXPECT_EQ(read_dataset(options_, 1).train[0].path, dataset.train[0].path);
  EXPECT_EQ(server_.requests().size(), asked + 1);
  constexpr FrameForm kForm{24, 32};
  EXPECT_EQ(read_video_frames(dataset.train[0].source(), kForm)->count(),
            read_video_frames(testing::source_of(folder_ / "in/a.mp4"), kForm)->count());
}

TEST_F(RemoteLists, MayBeFoldersOfABucket) {
  server_.want_signature("AKIDFORTESTS", "the secret");
  const EnvironmentVariable key("AWS_ACCESS_KEY_ID", "AKIDFORTESTS");
  const EnvironmentVariable secret("AWS_SECRET_ACCESS_KEY", "the secret");
  for (const char* name : {"train/wave & go/a 10.mp4", "train/wave & go/a 9.mp4",
                           "train/wave & go/person/b.mp4", "train/clap/c.mp4", "train/clap/notes.txt",
                           "train/.hidden/d.mp4", "train/e.mp4", "test/clap/f.mp4", "none/g.mp4"})
    server_.put("/films/ucf/" + std::string(name), "film");
  options_.root = "s3://films/ucf";
  options_.unknown = "s3://films/ucf/none/";
  const Dataset dataset = read_dataset(options_, 1);
  EXPECT_THAT(dataset.classes, ElementsAre("clap", "wave & go"));
  std::vector<std::string> names;
  for (const VideoEntry& entry : dataset.train) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("train/clap/c.mp4", "train/wave & go/a 9.mp4", "train/wave & go/a 10.mp4",
                                 "train/wave & go/person/b.mp4"));
  EXPECT_EQ(dataset.train[1].path, "s3://films/ucf/train/wave & go/a 9.mp4");
  EXPECT_THAT(dataset.train[3].labels, ElementsAre(1));
  ASSERT_EQ(dataset.test.size(), 1U);
  EXPECT_THAT(dataset.test[0].labels, ElementsAre(0));
  ASSERT_EQ(dataset.unknown.size(), 1U);
  EXPECT_EQ(dataset.unknown[0].name, "none/g.mp4");
  options_.root = "s3://films/ucf/train";
  options_.unknown.clear();
  EXPECT_EQ(read_dataset(options_, 1).classes.size(), 2U);
}

TEST_F(RemoteLists, WebServersHaveNoFolders) {
  options_.root = server_.address("/films");
  try {
    read_dataset(options_, 1);
    ADD_FAILURE();
  } catch (const SourceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("folders of web servers are not listed, expected a list"));
  }
}

}  // namespace
}  // namespace actionflow
