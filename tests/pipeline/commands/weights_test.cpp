// Weights of other programs on the command line: what is in a file, and the same numbers from it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/tensor/npy.h"
#include "models/formats/weight_files.h"
#include "models/weights/initial_weights.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class WeightsCommands : public ::testing::Test {
 protected:
  struct Run {
    int code = -1;
    std::string out, err;
  };
  Run run(std::vector<std::string> words) {
    words.insert(words.begin(), ACTIONFLOW_PROGRAM);
    ChildProcess child(words, path("stderr.txt"));
    Run ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    std::ifstream file(path("stderr.txt"));
    ended.err = {std::istreambuf_iterator<char>(file), {}};
    return ended;
  }
  std::string path(const std::string& name) const { return scratch_.path() / name; }

  // Random weights of a shipped network as PyTorch has them.
  std::string torch_file(const std::string& model) {
    Architecture architecture = load_architecture(project_root() / "configs/models" / (model + ".yaml"));
    Weights weights = initial_weights(architecture, 1);
    save_model({std::move(architecture), std::move(weights)}, path(model + ".pth"));
    return path(model + ".pth");
  }

 private:
  ScratchFolder scratch_;
};

TEST_F(WeightsCommands, InspectDrawsANetworkAndWritesAPageOfIt) {
  const std::string file = torch_file("robust_3d");
  const std::string model = (project_root() / "configs/models/robust_3d.yaml").string();
  const Run page = run({"inspect", model, "--weights", file, "--html"});
  EXPECT_EQ(page.code, 0) << page.err;
  EXPECT_THAT(page.out, AllOf(HasSubstr("<!doctype html>"), HasSubstr("as initialised")));
  const Run drawing = run({"inspect", model, "--dot"});
  EXPECT_EQ(drawing.code, 0) << drawing.err;
  EXPECT_THAT(drawing.out, HasSubstr("digraph \"robust_3d\""));
  EXPECT_EQ(run({"inspect", model, "--dot", "--html"}).code, 2);
}

TEST_F(WeightsCommands, InspectListsAForeignFileAndSaysWhatItSeemsToBe) {
  const std::string file = torch_file("robust_3d");
  const Run table = run({"inspect", file});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("stage1.conv.weight"), HasSubstr("16×3×3×3×3"), HasSubstr("float32"),
                               HasSubstr("It is of the network 'robust_3d': --model robust_3d")));
  const json listed = json::parse(run({"inspect", file, "--json"}).out);
  EXPECT_EQ(listed["format"], "PyTorch");
  EXPECT_EQ(listed["nearest"][0]["model"], "robust_3d");
  EXPECT_EQ(listed["nearest"][0]["others"], 0);
}

TEST_F(WeightsCommands, InspectOfOurOwnFileShowsItsNetwork) {
  const std::string file = project_root() / "configs/weights/action_cnn3d.safetensors";
  EXPECT_THAT(run({"inspect", file}).out, HasSubstr("parameters"));
}

TEST_F(WeightsCommands, PyTorchsFileGivesTheSameNumbersAsWhatItIsConvertedTo) {
  const std::string folder = golden("torch/lightning");
  const std::string weights = folder + "/weights.pth", model = folder + "/model.yaml";
  const Run converted = run({"convert", weights, path("ours.safetensors"), "--model", model});
  EXPECT_EQ(converted.code, 0) << converted.err;
  EXPECT_THAT(converted.err,
              AllOf(HasSubstr("names are taken without 'model.'"), HasSubstr("'loss.weight'")));
  const std::string input = folder + "/input.npy";
  EXPECT_EQ(run({"predict", model, "--weights", weights, "--input", input, "--output", path("a.npy")}).code,
            0);
  EXPECT_EQ(
      run({"predict", "--weights", path("ours.safetensors"), "--input", input, "--output", path("b.npy")})
          .code,
      0);
  EXPECT_THAT(read_npy(path("a.npy")).values(),
              ::testing::ElementsAreArray(read_npy(path("b.npy")).values()));
}

TEST_F(WeightsCommands, WhatIsMissingIsAskedFor) {
  const std::string folder = golden("torch/flattened"), weights = folder + "/weights.pth";
  const Run alone = run({"convert", weights, path("a.safetensors")});
  EXPECT_EQ(alone.code, 4);
  EXPECT_THAT(alone.err, HasSubstr("name the network's file with --model"));
  const Run other =
      run({"convert", weights, path("a.safetensors"), "--model", golden("torch/lstm/model.yaml")});
  EXPECT_EQ(other.code, 4);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("'cell.weight_ih_l0' (12×4) is missing"), HasSubstr("--names MAP.yaml")));
  std::ofstream(path("map.yaml")) << "nothing: here\n";
  const Run names = run({"convert", weights, path("a.safetensors"), "--model", folder + "/model.yaml",
                         "--names", path("map.yaml")});
  EXPECT_EQ(names.code, 2);
  EXPECT_THAT(names.err, HasSubstr("map.yaml:1:1"));
  EXPECT_EQ(run({"convert", weights, path("a.npz"), "--model", folder + "/model.yaml"}).code, 2);
}

}  // namespace
}  // namespace actionflow::testing
