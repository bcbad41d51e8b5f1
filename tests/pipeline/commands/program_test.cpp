// The program as people run it: its help, its messages and its exit codes.
#include "base/tensor/npy.h"
#include "pipeline/commands/commands.h"
#include "tests/pipeline/commands/program_fixture.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST_F(Program, UsageErrorsAreExitCodeTwo) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"clasify"},
           {"classify"},
           {"classify", "--hop", "x", "p.yaml"},
           {"classify", "--nonsense"},
           {"classify", "--threads", "1025", video(), "--weights", weights_},
           {"classify", "--workers", "1025", video(), "--weights", weights_},
           {"classify", folder_ / "missing.yaml"},
           {"inspect"},
           {"predict", "--input", "x.npy"},
           {"convert", "one"},
           {"validate"},
           {"benchmark"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << (words.empty() ? "nothing" : words.front()) << "\n" << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
}

TEST_F(Program, HelpStandsInThePageOfCommands) {
  const std::string commands = read_file(project_root() / "docs/commands.md");
  for (const std::string command :
       {"classify", "merge", "events", "train", "evaluate", "benchmark", "predict", "inspect", "convert",
        "quantize", "explain", "validate", "generate", "init"}) {
    const Ended ended = run({command, "--help"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(commands, HasSubstr(ended.out)) << "docs/commands.md shows other help of " << command;
  }
}

TEST_F(Program, GeneratesADatasetOnceAFolder) {
  const std::string folder = folder_ / "set";
  const Ended made = run({"generate", folder, "--clips", "6", "--seed", "3", "--json"});
  ASSERT_EQ(made.code, 0) << made.err;
  const json line = made.lines().at(0);
  EXPECT_EQ(line["clips"], 6);
  EXPECT_EQ(line["train"], 2);
  EXPECT_EQ(line["val"], 2);
  EXPECT_EQ(line["test"], 2);
  expect_error(run({"generate", folder, "--clips", "6"}), 2, "is not empty");
  const Ended hands =
      run({"generate", folder_ / "hands", "--scene", "hands", "--clips", "37", "--threads", "2", "--json"});
  ASSERT_EQ(hands.code, 0) << hands.err;
  EXPECT_EQ(hands.lines().at(0)["others"], 3);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "hands/unknown.txt"));
  expect_error(run({"generate", folder_ / "cats", "--scene", "cats"}), 2, "people or hands");
  expect_error(run({"generate"}), 2, "expected one DIR");
  expect_error(run({"generate", folder_ / "two", "--clips", "2"}), 2, "--clips");
  expect_error(run({"generate", "/proc/nowhere/set"}), 5, "cannot be made");
}

TEST_F(Program, EveryCommandsJsonIsOneObject) {
  const Ended inspected = run({"inspect", "--json", model_});
  const Ended plan = run({"inspect", "--plan", "--json", model_});
  ASSERT_EQ(plan.code, 0) << plan.err;
  json whole = plan.lines().at(0);
  EXPECT_GT(whole["plan"].size(), 0U);
  EXPECT_TRUE(whole["plan"][0].contains("milliseconds"));
  EXPECT_TRUE(whole.contains("kernels"));
  whole.erase("plan");
  whole.erase("kernels");
  EXPECT_EQ(whole, inspected.lines().at(0));

  const std::string out = folder_ / "out.safetensors";
  const Ended converted = run({"convert", "--json", weights_, out});
  ASSERT_EQ(converted.code, 0) << converted.err;
  EXPECT_EQ(converted.lines().at(0)["output"], out);
  EXPECT_EQ(converted.lines().at(0)["model_file"], (folder_ / "out.yaml").string());

  const json form = whole["input"];
  Tensor clip({2, form["channels"], form["frames"], form["height"], form["width"]});
  write_npy(folder_ / "x.npy", clip);
  const std::string result = folder_ / "y.npy";
  const Ended predicted =
      run({"predict", "--json", "--weights", weights_, "--input", folder_ / "x.npy", "--output", result});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(predicted.lines(), std::vector<json>({{{"output", result}, {"shape", {2, 5}}}}));
}

TEST_F(Program, AtDebugFfmpegsLinesAreToldOnStandardErrorAndAtInfoNot) {
  const std::string video = text_file("cut.mp4", std::string("\0\0\0\x10"
                                                             "ftypisom\0\0\2\0",
                                                             16));
  for (const std::string level : {"debug", "info"}) {
    const Ended ended = run({"classify", "--log", level, video, "--weights", weights_});
    EXPECT_EQ(ended.code, 3) << ended.err;
    EXPECT_EQ(ended.err.find("moov atom not found") != std::string::npos, level == "debug") << ended.err;
    EXPECT_EQ(ended.out.find("moov"), std::string::npos) << ended.out;
  }
}

TEST_F(Program, ErrorsShowNoSecretsOfWhatWasNamed) {
  const std::string camera = "rtsp://user:secret@camera/1";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"validate", camera},
           {"validate", "--json", camera},
           {"inspect", camera},
           {"classify", "a.mp4", "--model", camera},
           {"classify", "--unknown=" + camera},
           {"watch", camera},
           {"classify", "[" + camera + "]"},
       }) {
    const Ended ended = run(words);
    EXPECT_NE(ended.code, 0) << words[0];
    EXPECT_EQ((ended.out + ended.err).find("secret"), std::string::npos) << ended.out << ended.err;
  }
}

TEST_F(Program, NamesTheCommandThatIsNotThere) {
  expect_error(run({"clasify", "a.mp4"}), 2, "there is no command 'clasify'");
  expect_error(run({"clasify"}), 2, "did you mean 'classify'?");
}

TEST_F(Program, ResultsThatCannotBeWrittenAreAFailure) {
  for (const std::string& command :
       std::vector<std::string>{"inspect " + model_, "validate --schema pipeline", "inspect --json " + model_,
                                "--version", "--help"}) {
    const Ended ended = run_in_shell(command + " >/dev/full");
    expect_error(ended, 5, "standard output: cannot be written");
  }
  for (const auto& command : all_commands()) {
    const Ended ended = run_in_shell(command->name() + " --help >/dev/full");
    expect_error(ended, 5, "standard output: cannot be written");
  }
}

}  // namespace
}  // namespace actionflow::testing
