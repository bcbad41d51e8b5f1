#include "datasets/lists/dataset.h"

#include <gmock/gmock.h>

#include <set>

#include "datasets/lists/reading/read_dataset.h"
#include "tests/datasets/lists/dataset_fixture.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::DatasetTest;
using ::testing::HasSubstr;
using testing::labels_of;
using testing::Names;
using testing::names_of;

TEST_F(DatasetTest, EveryErrorIsNamedAtOnceWithFileAndLine) {
  options_.classes = "classes.txt";
  options_.train = "train.txt";
  options_.test = "test.txt";
  write("train.txt", "a.mp4 3\nb.mp4 clp\nc.mp4\nd.mp4 0\n../e.mp4 0\n/etc/passwd 1\nd.mp4 1\n");
  write("test.txt", "f.mp4 -1\n");
  EXPECT_EQ(short_error(),
            "train.txt:1: error: label is '3', expected 0 to 2, or a class's name\n"
            "train.txt:2: error: label is 'clp', expected 0 to 2, or a class's name; did you mean 'clap'?\n"
            "train.txt:3: error: 'c.mp4' has no label, expected 0 to 2, or a class's name\n"
            "train.txt:5: error: '../e.mp4' leads out of " +
                folder_.path().string() +
                ", expected a name under data.root\n"
                "train.txt:6: error: '/etc/passwd' leads out of " +
                folder_.path().string() +
                ", expected a name under data.root\n"
                "test.txt:1: error: label is '-1', expected 0 to 2, or a class's name");
}

TEST_F(DatasetTest, ALabelOfSeparatorsAloneIsRefused) {
  options_.classes = "classes.txt";
  options_.train = "train.txt";
  write("train.txt", "a.mp4 ,\nb.mp4 0,,1,\n");
  EXPECT_EQ(short_error(), "train.txt:1: error: label is ',', expected 0 to 2, or a class's name");
  options_.train = "train.csv";
  write("train.csv", "path,label\nx.mp4,;\ny.mp4,0\n");
  EXPECT_EQ(short_error(), "train.csv:2: error: label is ';', expected 0 to 2, or a class's name");
}

TEST_F(DatasetTest, ANameMayWanderInsideTheRootAndBeAbsolute) {
  options_.train = "train.txt";
  write("train.txt", "x/../a.mp4 0\n" + (folder_ / "b.mp4").string() + " 1\n");
  EXPECT_EQ(read().train.size(), 2U);
}

TEST_F(DatasetTest, AListIsReadFromWhereItsVideosAreThoughItsFirstOneIsMissing) {
  for (const char* video : {"b.mp4", "c.mp4"}) write(std::string("lists/videos/") + video, "");
  write("lists/train.txt", "videos/a.mp4 0\nvideos/b.mp4 1\nvideos/c.mp4 2\n");
  options_.train = "lists/train.txt";
  const Dataset dataset = read();
  ASSERT_EQ(dataset.train.size(), 3U);
  for (const VideoEntry& entry : dataset.train)
    EXPECT_EQ(entry.path.parent_path(), folder_ / "lists/videos") << entry.name;
}

TEST_F(DatasetTest, SemicolonsAndTabsPartTheCellsOfATable) {
  options_.classes = "classes.txt";
  options_.train = "train.csv";
  for (const char* video : {"a.mp4", "b.mp4"}) write(video, "");
  for (const std::string header :
       {"path;label;time_start;time_end", "path;label;time_start;\"time_end\";note, free",
        "sep=;\npath;label;time_start;time_end", "path\tlabel\ttime_start\ttime_end"}) {
    SCOPED_TRACE(header);
    const bool noted = header.ends_with("free");
    std::string rows = std::string("a.mp4;brush hair;0,5;1") + (noted ? ";" : "") + "\nb.mp4;\"clap\";1;2" +
                       (noted ? ";x" : "") + "\n";
    if (header.find('\t') != std::string::npos) {
      std::replace(rows.begin(), rows.end(), ',', '.');
      std::replace(rows.begin(), rows.end(), ';', '\t');
    }
    write("train.csv", header + "\n" + rows);
    const Dataset dataset = read();
    EXPECT_EQ(labels_of(dataset.train), (std::vector<std::vector<int>>{{2}, {1}}));
    ASSERT_FALSE(dataset.train.empty());
    ASSERT_TRUE(dataset.train.front().part);
    EXPECT_EQ(dataset.train.front().part->begin, 0.5) << "a decimal comma";
  }
}

TEST_F(DatasetTest, NamesOfAListThatLiesBesideItsVideosCountFromThere) {
  write("own/a.mp4", "");
  write("own/train.txt", "a.mp4 0\nb.mp4 1\n");
  write("elsewhere/videos/x.mp4", "");
  write("elsewhere/other.txt", "videos/x.mp4\nvideos/y.mp4\n");
  write("lists/val.txt", "videos/c.mp4 1\n");  // beside none: it names what should be under the root
  options_.root = folder_ / "own";
  options_.classes = folder_ / "classes.txt";
  options_.train = folder_ / "own/train.txt";
  options_.other = folder_ / "elsewhere/other.txt";
  options_.val = folder_ / "lists/val.txt";
  const Dataset dataset = read_dataset(options_, 1);
  ASSERT_EQ(dataset.train.size(), 4U);
  EXPECT_EQ(dataset.train[0].path, folder_ / "own/a.mp4");
  EXPECT_EQ(dataset.train[2].path, folder_ / "elsewhere/videos/x.mp4");
  EXPECT_EQ(dataset.train[3].path, folder_ / "elsewhere/videos/y.mp4");
  EXPECT_EQ(dataset.val[0].path, folder_ / "own/videos/c.mp4");
  write("elsewhere/other.txt", "videos/x.mp4\n../secret.mp4\n");
  EXPECT_THAT(([&] {
                try {
                  read_dataset(options_, 1);
                  return std::string();
                } catch (const DatasetError& failure) {
                  return std::string(failure.what());
                }
              })(),
              HasSubstr("other.txt:2: error: '../secret.mp4' leads out of"));
}

TEST_F(DatasetTest, StreamsAreValidatedOnAShareOfTheMovementsOfNoClass) {
  options_.train = "train.txt";
  options_.val = "val.txt";
  options_.other = "other.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("val.txt", "c.mp4 0\nd.mp4 1\n");
  std::string others;
  for (int i = 0; i < 20; ++i) others += "o" + std::to_string(i) + ".mp4\n";
  write("other.txt", others);
  EXPECT_EQ(read().val.size(), 2U);  // of clips, none
  options_.streams = true;
  const Dataset dataset = read();
  EXPECT_EQ(dataset.val.size(), 6U);
  EXPECT_EQ(dataset.train.size(), 18U);
  std::set<std::string> names;
  for (const std::vector<VideoEntry>* split : {&dataset.train, &dataset.val})
    for (const VideoEntry& entry : *split) names.insert(entry.name);
  EXPECT_EQ(names.size(), 24U);
  EXPECT_EQ(names_of(read().val), names_of(dataset.val));
}

TEST_F(DatasetTest, AnEmptyListAMissingOneAndOneClassAreErrors) {
  options_.train = "train.txt";
  write("train.txt", "\n \n");
  EXPECT_THAT(short_error(), HasSubstr("train.txt: error: holds no videos"));
  write("train.txt", "a.mp4 wave\n");
  EXPECT_EQ(short_error(), "train.txt: error: the only class is 'wave', expected at least two");
  options_.train = "none.txt";
  EXPECT_EQ(short_error(), "none.txt: error: there is no such file, expected a list of videos");
}

TEST_F(DatasetTest, ABadRowBringsNoSecondErrorAboutItsClass) {
  write("train.csv", "path,label\na.mp4,no\nb.mp4,yes\nc.mp4\n");
  write("val.csv", "path,label\nd.mp4,maybe\n");
  options_.train = "train.csv";
  options_.val = "val.csv";
  const std::string text = short_error();
  EXPECT_THAT(text, HasSubstr("train.csv:4"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("maybe")));
}

TEST_F(DatasetTest, AVideoListedTwiceIsAnError) {
  options_.train = "train.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\na.mp4 0\n./b.mp4 0\n");
  EXPECT_EQ(short_error(),
            "train.txt:3: error: 'a.mp4' stands in train.txt:1 already\n"
            "train.txt:4: error: './b.mp4' stands in train.txt:2 already, with another label");
}

TEST_F(DatasetTest, ARootThatIsNotThereIsNamedWithItsKeyAndPlace) {
  options_.train = "train.txt";
  options_.root = folder_ / "nowhere";
  EXPECT_EQ(short_error(),
            "data.root is 'nowhere', and there is no such folder, expected the folder that holds the videos");
  options_.root_place = "recipe.yaml:4:9";
  write("nowhere", "");
  EXPECT_EQ(short_error(),
            "recipe.yaml:4:9: error: data.root is 'nowhere', which is no folder, expected the "
            "folder that holds the videos");
}

TEST_F(DatasetTest, UnknownVideosHaveNoLabels) {
  options_.train = "train.txt";
  options_.unknown = "unknown.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("unknown.txt", "other 1.mp4\nother2.mp4\n");
  const Dataset dataset = read();
  EXPECT_EQ(names_of(dataset.unknown), (Names{"other 1.mp4", "other2.mp4"}));
  EXPECT_TRUE(dataset.unknown[0].labels.empty());
  write("unknown.txt", "a.mp4\n");
  EXPECT_EQ(short_error(), "unknown.txt:1: error: a leak: 'a.mp4' stands in train.txt:1 too");
}

TEST_F(DatasetTest, UnknownVideosMayStandInAFolder) {
  options_.train = "train.txt";
  options_.unknown = "others";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("others/x.mp4", "");
  write("others/y.mp4", "");
  EXPECT_EQ(names_of(read().unknown), (Names{"others/x.mp4", "others/y.mp4"}));
}

TEST_F(DatasetTest, AClassListWithDoublesOrGapsIsRefused) {
  options_.classes = "classes.txt";
  options_.train = "train.txt";
  write("train.txt", "a.mp4 wave\n");
  write("classes.txt", "wave\nclap\nwave\n");
  EXPECT_EQ(short_error(), "classes.txt: error: class 2 is 'wave', which class 0 is already");
  write("classInd.txt", "1 wave\n3 clap\n");
  options_.classes = "classInd.txt";
  EXPECT_EQ(short_error(), "classInd.txt:2: error: '3 clap', expected '2 NAME'");
  write("classes.json", R"({"wave": 0, "clap": 5})");
  options_.classes = "classes.json";
  EXPECT_EQ(short_error(), "classes.json: error: class 'clap' has the number 5, expected 0 to 1");
}

TEST_F(DatasetTest, AClassThatIsNotUtf8IsRefusedWhereItStands) {
  options_.train = "train.txt";
  write("train.txt", "a.mp4 wave\nb.mp4 caf\xE9\nc.mp4 caf\xE9\n");
  EXPECT_EQ(short_error(), "train.txt:2: error: the label is not UTF-8, expected text in UTF-8");
  write("train.txt", "a.mp4 caf\u00E9\nb.mp4 wave\n");
  EXPECT_EQ(error(), "");
  options_.classes = "latin.txt";
  write("latin.txt", "wave\ncaf\xE9\n");
  EXPECT_THAT(short_error(), HasSubstr("latin.txt: error: class 1 is not UTF-8, expected text in UTF-8"));
  options_.classes.clear();
  options_.train = "films";
  write("films/wave/a.mp4", "");
  write("films/caf\xE9/b.mp4", "");
  EXPECT_EQ(short_error(), "films/caf\xE9: error: the class's name is not UTF-8, rename it");
}

TEST_F(DatasetTest, HostileListsAreRefusedAtTheirBounds) {
  options_.train = "train.txt";
  write("train.txt", std::string("a.mp4 0\nb\0.mp4 1\n", 17));
  EXPECT_THAT(short_error(), HasSubstr("holds a zero byte (byte 9), expected a list in plain text"));
  write("train.txt", "a.mp4 0\n" + std::string(50'000'000, 'x') + "\nb\x1b[2J.mp4 1\n");
  EXPECT_EQ(short_error(),
            "train.txt:2: error: a line of 50000000 bytes, expected at most 8192\n"
            "train.txt:3: error: holds a control character, expected plain text");
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "../a.mp4 0\n";
  write("train.txt", many);
  EXPECT_THAT(short_error(), HasSubstr("\n… and 980 more, where reading ended"));
  options_.train = "train.json";
  write("train.json", std::string(3'000'000, '['));
  EXPECT_THAT(short_error(), HasSubstr("nests deeper than lists do"));
  write("train.json", R"({"database": {"a": {"duration": 1e999}}})");
  EXPECT_THAT(short_error(), HasSubstr("holds a number that is too large"));
  write("train.txt", "a.mp4 0\nb.mp4 99999999999999999999\n");
  options_.train = "train.txt";
  EXPECT_THAT(short_error(), HasSubstr("label 99999999999999999999 is no number of a class"));
  options_.train = "/dev/zero";
  EXPECT_THAT(short_error(), HasSubstr("is not a file, expected a list of videos"));
}

TEST_F(DatasetTest, ListsAreLookedForUnderTheRootFirstAndThenBesideTheRecipe) {
  write("data/train.txt", "a.mp4 0\nb.mp4 1\n");
  write("recipes/mine.txt", "a.mp4 0\nb.mp4 1\nc.mp4 1\n");
  write("recipes/recipe.yaml", "{root: ../data, train: train.txt}");
  write("recipes/other.yaml", "{root: ../data, train: mine.txt, val: \"\", test: }");
  const auto videos = [&](const char* recipe) {
    config::Diagnostics diagnostics;
    const auto options = config::read<DataOptions>(config::load(folder_ / recipe), diagnostics);
    EXPECT_EQ(diagnostics.size(), 0U);
    return read_dataset(options, 1).train.size();
  };
  EXPECT_EQ(videos("recipes/recipe.yaml"), 2U);
  EXPECT_EQ(videos("recipes/other.yaml"), 3U);
}

TEST_F(DatasetTest, AMissingListIsNamedByTheOnePathThatItWouldHave) {
  write("recipes/recipe.yaml", "{root: ../data, train: trian.txt}");
  write("data/train.txt", "a.mp4 0\nb.mp4 1\n");
  const fs::path root = fs::relative(folder_ / "data");
  config::Diagnostics diagnostics;
  const auto options =
      config::read<DataOptions>(config::load(fs::relative(folder_ / "recipes/recipe.yaml")), diagnostics);
  try {
    read_dataset(options, 1);
    FAIL();
  } catch (const DatasetError& failure) {
    EXPECT_EQ(failure.what(),
              (root / "trian.txt").string() + ": error: there is no such file, expected a list of videos");
  }
}

TEST(RealDataset, EgoGestarIsReadAsItIs) {
  REQUIRE_REAL_DATA(root, "egogestar");
  DataOptions options;
  options.root = root;
  options.classes = root / "classes.txt";
  options.train = root / "train.txt";
  options.test = root / "test.txt";
  options.unknown = root / "unknown.txt";
  options.groups = "scenes.txt";
  const Dataset dataset = read_dataset(options, 1);
  // The counts of the data's own README.
  EXPECT_EQ(dataset.classes.size(), 10U);
  EXPECT_EQ(dataset.train.size(), 177U);
  EXPECT_EQ(dataset.test.size(), 40U);
  EXPECT_EQ(dataset.unknown.size(), 20U);
  // Its scenes.txt names the training videos' scenes only.
  EXPECT_EQ(dataset.warnings, Names{"data.groups gives no group to 40 of 40 test videos, as '" +
                                    dataset.test.front().name + "'"});
  for (const auto* split : {&dataset.train, &dataset.test, &dataset.unknown}) {
    for (const VideoEntry& entry : *split) EXPECT_TRUE(fs::exists(entry.path)) << entry.path;
  }
  options.folds = 5;
  std::size_t all = 0;
  for (options.fold = 0; options.fold < 5; ++options.fold) {
    const Dataset folded = read_dataset(options, 1);
    EXPECT_EQ(folded.train.size() + folded.test.size(), 177U);
    for (const VideoEntry& entry : folded.test) EXPECT_EQ(std::stoi(entry.group) % 5, options.fold);
    all += folded.test.size();
  }
  EXPECT_EQ(all, 177U);
}

}  // namespace
}  // namespace actionflow
