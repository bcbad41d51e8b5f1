// What the commands say of datasets and recipes that are not as they should be.
#include <gmock/gmock.h>

#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class DatasetCommands : public ::testing::Test {
 protected:
  TrainingBench::Ended run(std::vector<std::string> words) const {
    words.insert(words.begin(), ACTIONFLOW_PROGRAM);
    return bench_.run(words);
  }

  TrainingBench bench_;
};

TEST_F(DatasetCommands, EvaluationListsWhatItCannotReadInEveryList) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  for (const char* name : {"v12.mp4", "v16.mp4", "noise.mp4"})
    bench_.write(std::string("data/") + name, "no video");
  bench_.write("data/unknown.txt", "noise.mp4\n");
  const auto ended = run({"evaluate", "--json", bench_ / "recipe.yaml", "data.unknown=unknown.txt"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<std::string> names;
  const auto json = nlohmann::json::parse(ended.out);
  for (const auto& video : json["unreadable"]) names.push_back(video["video"]);
  EXPECT_EQ(names, (std::vector<std::string>{"v16.mp4", "v12.mp4", "noise.mp4"}));
  EXPECT_THAT(ended.err, HasSubstr("none of the 1 videos of data.unknown can be read"));
}

TEST_F(DatasetCommands, DrawnStreamsAreReadAsListsWithTimes) {
  const std::string folder = bench_ / "drawn";
  const auto drawn =
      run({"generate", folder, "--scene", "hands", "--streams", "3", "--minutes", "0.3", "--json"});
  ASSERT_EQ(drawn.code, 0) << drawn.err;
  const auto line = nlohmann::json::parse(drawn.out);
  EXPECT_EQ(line["streams"], 3);
  EXPECT_EQ(line["train"], 1);
  EXPECT_FALSE(line.contains("clips"));
  const std::vector<std::string> lists{"data.root=" + folder, "data.classes=classes.txt",
                                       "data.train=train.txt", "data.val=val.txt", "data.test=test.txt"};
  std::vector<std::string> words{"train", bench_ / "recipe.yaml", "--show-augmentation",
                                 bench_ / "sheet.png"};
  words.insert(words.end(), lists.begin(), lists.end());
  const auto refused = run(words);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("train.txt:1 says when actions happen"), HasSubstr("data.streams")));
  words.push_back("data.streams={}");
  const auto shown = run(words);
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_GT(std::filesystem::file_size(bench_ / "sheet.png"), 1000U);

  const auto both = run({"generate", bench_ / "other", "--clips", "5", "--streams", "3"});
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("--clips and --streams"));
}

TEST_F(DatasetCommands, PartsAreTrainedOnAndJudged) {
  std::string rows = "path,label,time_start,time_end\n";
  for (int i = 0; i < 12; ++i) {
    for (const char* part : {",0,0.8\n", ",0.2,1\n"})
      rows += "v" + std::to_string(i) + ".mp4," + std::to_string(i % 2) + part;
  }
  bench_.write("data/train.csv", rows);
  bench_.write("data/test.csv", "path,label,time_start,time_end\nv16.mp4,0,0,0.75\nv17.mp4,1,0.25,1\n");
  const auto trained = bench_.train({"data.train=train.csv", "data.test=test.csv", "epochs=2"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("24 videos to train on"));
  const auto ended = run({"evaluate", "--json", bench_ / "recipe.yaml", "data.test=test.csv"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out)["unreadable"].size(), 0U);

  bench_.write("data/test.csv", "path,label,time_start,time_end\nv16.mp4,0,0,1\nv17.mp4,1,5,7\n");
  const auto beyond = run({"evaluate", "--json", bench_ / "recipe.yaml", "data.test=test.csv"});
  ASSERT_EQ(beyond.code, 0) << beyond.err;
  const auto json = nlohmann::json::parse(beyond.out);
  EXPECT_EQ(json["clips"], 2);
  ASSERT_EQ(json["unreadable"].size(), 1U);
  EXPECT_EQ(json["unreadable"][0]["video"], "v17.mp4, 5 to 7 s");
  EXPECT_THAT(json["unreadable"][0]["why"].get<std::string>(),
              AllOf(::testing::StartsWith("test.csv:3: "), HasSubstr("the part from 5 to 7 s lies beyond")));
}

TEST_F(DatasetCommands, RowsBeyondTheirVideoAreLeftOutOfTrainingUnlessNoneIsLeft) {
  const std::string header = "path,label,time_start,time_end\n";
  bench_.write("data/train.csv", header + "v0.mp4,0,0,1\nv1.mp4,1,3,9\nv3.mp4,1,0,1\n");
  const auto trained = bench_.train({"data.train=train.csv", "epochs=1"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err,
              AllOf(HasSubstr("train.csv:3: the part from 3 to 9 s lies beyond 'v1.mp4', which has"),
                    HasSubstr("it is left out"), HasSubstr("2 videos to train on")));
  EXPECT_EQ(bench_.train({"data.train=train.csv", "epochs=2", "--resume"}).code, 0);
  bench_.write("data/train.csv", header + "v0.mp4,0,100,900\nv1.mp4,1,300,900\n");
  const auto refused = bench_.train({"data.train=train.csv", "output=" + (bench_ / "other").string()});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("train.csv:2: error: the part from 100 to 900 s lies beyond 'v0.mp4'"),
                    HasSubstr("train.csv:3: error: the part from 300 to 900 s")));
}

TEST_F(DatasetCommands, ARootThatIsNotThereIsNamedWithKeyValueAndLine) {
  std::filesystem::remove_all(bench_ / "data");
  const std::string said = "recipe.yaml:3:9: error: data.root is 'data', that is '" +
                           (bench_ / "data").string() + "', and there is no such folder";
  const auto expect_it = [&] {
    for (const char* command : {"train", "evaluate", "validate"}) {
      const auto ended = run({command, bench_ / "recipe.yaml"});
      EXPECT_EQ(ended.code, 4);
      EXPECT_THAT(ended.err, HasSubstr(said));
    }
  };
  expect_it();
  for (const char* list : {"classes.txt", "train.txt", "val.txt", "test.txt"})
    bench_.write(list, "v.mp4 0\n");
  expect_it();
  const auto named = bench_.train({"data.root=elsewhere"});
  EXPECT_EQ(named.code, 4);
  EXPECT_THAT(named.err, HasSubstr("override 'data.root=elsewhere': error: data.root is "));
}

TEST_F(DatasetCommands, TopFiveOfTwoClassesIsNotPrinted) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  const auto ended = run({"evaluate", bench_ / "recipe.yaml"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("top-1"), ::testing::Not(HasSubstr("top-5"))));
  EXPECT_THAT(text_of(bench_ / "run/report.html"), ::testing::Not(HasSubstr("top-5")));
}

TEST_F(DatasetCommands, AnyFolderIsTrainedOnByNamingIt) {
  for (int i = 0; i < 12; ++i) {
    const std::filesystem::path of_class = bench_ / "mine" / (i % 2 == 0 ? "to the left" : "to the right");
    std::filesystem::create_directories(of_class);
    const std::string name = "v" + std::to_string(i) + ".mp4";
    std::filesystem::copy_file(bench_ / "data" / name, of_class / name);
  }
  const std::string root = "data.root=" + (bench_ / "mine").string();
  const auto ended = bench_.train({root, "epochs=1", "early_stop={patience: 3}"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("mine: a folder a class; 2 classes (to the left, to the right), 10 videos "
                                   "to train on, 2 to validate"));
  const auto judged = run({"evaluate", "--split", "val", "--json", bench_ / "recipe.yaml", root});
  EXPECT_EQ(judged.code, 0) << judged.err;
  const auto partly = bench_.train(
      {"data.root=" + (bench_ / "data").string(), "data.val=none.txt", "output=" + (bench_ / "b").string()});
  EXPECT_EQ(partly.code, 4);
  std::filesystem::remove(bench_ / "data/val.txt");
  const auto drawn = bench_.train(
      {"data.root=" + (bench_ / "data").string(), "epochs=1", "output=" + (bench_ / "c").string()});
  EXPECT_EQ(drawn.code, 0) << drawn.err;
  EXPECT_THAT(drawn.err, HasSubstr("10 videos to train on, 2 to validate, 2 to test"));
}

TEST_F(DatasetCommands, OneClassWithVideosIsNotTrained) {
  std::filesystem::create_directories(bench_ / "mine/left");
  std::filesystem::create_directories(bench_ / "mine/right");
  std::filesystem::copy_file(bench_ / "data/v0.mp4", bench_ / "mine/left/v0.mp4");
  const auto ended =
      bench_.train({"data.root=" + (bench_ / "mine").string(), "data.val_share=0", "early_stop={}"});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, HasSubstr("all videos to train on are of the class 'left', expected two classes"));
}

TEST_F(DatasetCommands, ValidateReadsTheLists) {
  std::ofstream(bench_ / "data/train.txt") << "\n";
  const auto ended = run({"validate", bench_ / "recipe.yaml"});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, HasSubstr("train.txt: error: holds no videos"));
}

TEST_F(DatasetCommands, ValidateSaysEachErrorOnALineOfItsOwn) {
  const auto ended = run({"validate", bench_ / "nope.yaml", bench_ / "recipe.yaml"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("\n"));
  EXPECT_THAT(ended.err.substr(0, ended.err.find('\n')),
              AllOf(HasSubstr("nope.yaml"), ::testing::Not(HasSubstr("recipe.yaml"))));
  EXPECT_THAT(ended.err, EndsWith("recipe.yaml: good\n"));
}

TEST_F(DatasetCommands, ValidateAndTrainNameEveryFileThatIsNotThere) {
  for (const char* list : {"classes.txt", "val.txt", "test.txt"})
    std::filesystem::remove(bench_ / "data" / list);
  bench_.write("val.txt", "v12.mp4 0\nv13.mp4 1\n");  // beside the recipe
  const std::vector<std::string> named{"init.weights=" + (bench_ / "none.safetensors").string()};
  for (const char* command : {"validate", "train"}) {
    std::vector<std::string> words{command, bench_ / "recipe.yaml"};
    words.insert(words.end(), named.begin(), named.end());
    const auto ended = run(words);
    EXPECT_EQ(ended.code, 4) << command;
    EXPECT_THAT(
        ended.err,
        AllOf(HasSubstr("recipe.yaml:4:12: error: data.classes is 'classes.txt', that is '" +
                        (bench_ / "data/classes.txt").string() + "', and there is no such file"),
              HasSubstr("recipe.yaml:7:9: error: data.test is 'test.txt', that is '"),
              HasSubstr("error: init.weights is '" + (bench_ / "none.safetensors").string() + "', and"),
              ::testing::Not(HasSubstr("data.val"))))
        << command;
  }
  const auto json = run({"validate", "--json", bench_ / "recipe.yaml"});
  EXPECT_EQ(json.code, 4);
  EXPECT_EQ(nlohmann::json::parse(json.out)["errors"].size(), 2U);
  const auto folded =
      run({"validate", bench_ / "recipe.yaml", "data.classes=", "data.folds=3", "data.groups=v([0-9]+)"});
  EXPECT_EQ(folded.code, 0) << folded.err;  // which reads no test list
}

TEST_F(DatasetCommands, ValidateAndTrainNameWhatDoesNotFitTheNetworkOrItsClasses) {
  const std::vector<std::string> wrong{"freeze=[nope.*]", "optimizer.rates={nowhere.*: 0.5}",
                                       "loss.class_weights=[1, 2, 3]",
                                       "data.augment.flip_labels={nobody: \"\"}"};
  for (const char* command : {"validate", "train"}) {
    std::vector<std::string> words{command, bench_ / "recipe.yaml"};
    words.insert(words.end(), wrong.begin(), wrong.end());
    const auto ended = run(words);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_THAT(ended.err,
                AllOf(HasSubstr("override 'freeze=[nope.*]': error: freeze: 'nope.*' matches no parameter"),
                      HasSubstr("error: optimizer.rates: 'nowhere.*' matches no parameter"),
                      HasSubstr("error: class_weights has 3 entries for the 2 classes"),
                      HasSubstr("error: data.augment.flip_labels: the dataset has no class 'nobody'")))
        << command;
    EXPECT_FALSE(std::filesystem::exists(bench_ / "run"));
  }
  bench_.write("first.safetensors", "these are no weights");
  const auto ended =
      run({"validate", bench_ / "recipe.yaml", "init.weights=" + (bench_ / "first.safetensors").string()});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, HasSubstr("first.safetensors"));
}

TEST_F(DatasetCommands, AnEvaluationOfNothingIsNone) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  bench_.write("data/missing.txt", "gone.mp4 0\nlost.mp4 1\n");
  const auto ended = run({"evaluate", "--json", bench_ / "recipe.yaml", "data.test=missing.txt"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("none of the 2 videos of test can be read; the first: "));
}

TEST_F(DatasetCommands, NothingThatIsReadIsOverwritten) {
  const std::string video = bench_ / "data/v0.mp4";
  const std::string before = text_of(video);
  EXPECT_EQ(run({"train", bench_ / "recipe.yaml", "--show-augmentation", video}).code, 2);
  EXPECT_EQ(text_of(video), before);
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  const std::string weights = bench_ / "run/best.safetensors", again = bench_ / "run/../run/best.safetensors";
  EXPECT_THAT(run({"convert", weights, again}).err, HasSubstr("OUT is IN"));
  EXPECT_THAT(run({"predict", "--weights", weights, "--input", bench_ / "x.npy", "--output", again}).err,
              HasSubstr("would overwrite what is read"));
}

TEST_F(DatasetCommands, NamesThatAreNotUtf8StandInJson) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  std::filesystem::create_directories(bench_ / "others");
  bench_.write("others/\xffnoise.mp4", "no video");
  const auto ended =
      run({"evaluate", "--json", bench_ / "recipe.yaml", "data.unknown=" + (bench_ / "others").string()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(std::string(nlohmann::json::parse(ended.out)["unreadable"][0]["video"]),
              EndsWith("\xEF\xBF\xBDnoise.mp4"));
  const auto validated = run({"validate", "--json", bench_ / "\xff.yaml"});
  EXPECT_EQ(validated.code, 2);
  EXPECT_FALSE(bool(nlohmann::json::parse(validated.out)["good"]));
}

TEST_F(DatasetCommands, GenerateAsksForAClipInEachList) {
  const auto ended = run({"generate", bench_ / "hands", "--scene", "hands", "--clips", "36"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("a dataset of 'hands' needs at least 37 clips"));
  EXPECT_FALSE(std::filesystem::exists(bench_ / "hands"));
}

}  // namespace
}  // namespace actionflow::testing
