#include "models/training/transfer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "models/formats/safetensors/model_file.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/formats/weight_files.h"
#include "models/training/name_pattern.h"
#include "models/weights/initial_weights.h"
#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Architecture with_head(const std::string& head) {
  return network(
      "  - {layer: conv3d, name: stem.conv, filters: 4, kernel: 3, activation: relu}\n"
      "  - global_average_pool\n  - {layer: dense, " +
      head + ", activation: softmax}\n");
}

class TransferTest : public ::testing::Test {
 protected:
  TransferTest() { save_model({old_, old_weights_}, file_); }
  std::string refusal(const TransferOptions& options, const Architecture& architecture) {
    Weights weights = initial_weights(architecture, 9);
    const Weights before = weights;
    try {
      load_initial_weights(options, architecture, weights);
    } catch (const ModelError& error) {
      for (const auto& [name, tensor] : before.tensors)
        EXPECT_TRUE(std::ranges::equal(tensor.values(), weights.tensors.at(name).values())) << name;
      return error.what();
    }
    return {};
  }

  ScratchFolder folder_;
  std::filesystem::path file_ = folder_.path() / "old.safetensors";
  Architecture old_ = with_head("name: fc, units: 5");
  Weights old_weights_ = initial_weights(old_, 1);
};

TEST_F(TransferTest, TakesWhatFitsAndListsTheHeadThatWasSkipped) {
  const Architecture architecture = with_head("name: fc, units: 3");
  Weights weights = initial_weights(architecture, 2);
  const Weights first = weights;
  const TransferOptions options{.weights = file_, .skip = {"fc.*"}};
  const Transfer transfer = load_initial_weights(options, architecture, weights);
  EXPECT_THAT(transfer.loaded, ElementsAre("stem.conv.bias", "stem.conv.kernel"));
  const auto same = [&](const Weights& other, const std::string& name) {
    return std::ranges::equal(weights.tensors.at(name).values(), other.tensors.at(name).values());
  };
  EXPECT_TRUE(same(old_weights_, "stem.conv.kernel"));
  EXPECT_TRUE(same(first, "fc.kernel"));
  EXPECT_THAT(
      describe_transfer(transfer, options),
      ElementsAre(HasSubstr("old.safetensors: 2 of 4 tensors loaded"),
                  "not loaded: fc.bias (skipped by 'fc.*')", "not loaded: fc.kernel (skipped by 'fc.*')"));
}

TEST_F(TransferTest, ListsWhatTheFileDoesNotHaveAndWhatTheNetworkDoesNot) {
  const Architecture architecture = with_head("name: head, units: 3");
  Weights weights = initial_weights(architecture, 2);
  const Transfer transfer = load_initial_weights({.weights = file_, .skip = {}}, architecture, weights);
  ASSERT_EQ(transfer.not_loaded.size(), 2u);
  EXPECT_EQ(transfer.not_loaded[0].name, "head.bias");
  EXPECT_EQ(transfer.not_loaded[0].reason, "not in the file");
  EXPECT_THAT(transfer.unused, ElementsAre("fc.bias", "fc.kernel"));
}

TEST_F(TransferTest, BeginsTheHeadAnewForOtherClassesAndSaysSoInOneLine) {
  const Architecture architecture = with_head("name: fc, units: 3");
  Weights weights = initial_weights(architecture, 2);
  const Weights first = weights;
  const TransferOptions options{.weights = file_, .skip = {}};
  const Transfer transfer = load_initial_weights(options, architecture, weights);
  EXPECT_THAT(transfer.loaded, ElementsAre("stem.conv.bias", "stem.conv.kernel"));
  EXPECT_TRUE(
      std::ranges::equal(weights.tensors.at("fc.kernel").values(), first.tensors.at("fc.kernel").values()));
  EXPECT_THAT(
      describe_transfer(transfer, options),
      ElementsAre(HasSubstr("2 of 4 tensors loaded"), "the head 'fc' begins anew: 5 outputs there, 3 here"));
}

TEST_F(TransferTest, RefusesAnotherShapeThatNoPatternSkips) {
  const Architecture wider = network(
      "  - {layer: conv3d, name: stem.conv, filters: 6, kernel: 3, activation: relu}\n"
      "  - global_average_pool\n  - {layer: dense, name: fc, units: 5}\n");
  EXPECT_THAT(
      refusal({.weights = file_, .skip = {}}, wider),
      AllOf(HasSubstr("name them under init.skip"), HasSubstr("'stem.conv.bias' is 4 there and 6 in 'net'"),
            HasSubstr("'fc.kernel' is 5×4 there and 5×6")));
}

TEST_F(TransferTest, SaysOfAMissingFileWhoNamesItAndWhatToDo) {
  EXPECT_THAT(
      refusal({.weights = folder_.path() / "none.safetensors", .skip = {}}, old_),
      AllOf(HasSubstr("none.safetensors: no such file, named by init.weights"), HasSubstr("init={}")));
}

TEST_F(TransferTest, RefusesAPatternThatMatchesNothing) {
  EXPECT_THAT(refusal({.weights = file_, .skip = {"fc.kernal"}}, old_),
              AllOf(HasSubstr("init.skip: 'fc.kernal' matches no parameter of 'net'"),
                    HasSubstr("did you mean 'fc.kernel'?"), HasSubstr("where * stands for any characters")));
}

TEST_F(TransferTest, RefusesAFileThatHoldsNothingForTheNetwork) {
  EXPECT_THAT(refusal({.weights = file_, .skip = {}},
                      network("  - {layer: conv3d, name: other, filters: 2, kernel: 3}\n")),
              HasSubstr("holds no tensor that 'net' could take"));
}

TEST_F(TransferTest, RefusesADamagedFile) {
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 1);
  EXPECT_THAT(refusal({.weights = file_, .skip = {}}, old_), HasSubstr("old.safetensors"));
}

TEST_F(TransferTest, TakesTensorsWithoutADescription) {
  const Tensor& kernel = old_weights_.tensors.at("stem.conv.kernel");
  write_safetensors({.metadata = {}, .tensors = {{"stem.conv.kernel", &kernel}}}, file_);
  Weights weights = initial_weights(old_, 3);
  const Transfer transfer = load_initial_weights({.weights = file_, .skip = {}}, old_, weights);
  EXPECT_THAT(transfer.loaded, ElementsAre("stem.conv.kernel"));
  EXPECT_EQ(transfer.not_loaded.size(), 3u);
}

class ClassesTest : public TransferTest {
 protected:
  static Architecture of(const std::string& classes) {
    return parse_architecture("name: net\nclasses: " + classes +
                                  "\ninput: {channels: 1, frames: 4, height: 8, width: 8}\nlayers:\n"
                                  "  - {layer: conv3d, name: conv, filters: 4, kernel: 3}\n"
                                  "  - global_average_pool\n"
                                  "  - {layer: dense, name: fc, units: classes, activation: softmax}\n",
                              "net.yaml");
  }
  Transfer load(const Architecture& there, const Architecture& here) {
    const Weights held = initial_weights(there, 1);
    save_model({there, held}, file_);
    there_ = held.tensors.at("fc.kernel");
    Weights weights = initial_weights(here, 2);
    first_ = weights.tensors.at("fc.kernel");
    Transfer transfer = load_initial_weights({.weights = file_, .skip = {}}, here, weights);
    here_ = weights.tensors.at("fc.kernel");
    return transfer;
  }
  static std::vector<float> row(const Tensor& kernel, std::int64_t index) {
    const auto size = static_cast<std::size_t>(kernel.size() / kernel.dim(0));
    const auto values = kernel.values().subspan(static_cast<std::size_t>(index) * size, size);
    return {values.begin(), values.end()};
  }
  Tensor there_, first_, here_;
};

TEST_F(ClassesTest, TheSameOnesInAnotherOrderAreTakenByName) {
  const Transfer transfer = load(of("[red, green, blue]"), of("[blue, red, green]"));
  EXPECT_EQ(transfer.loaded.size(), 4U);
  EXPECT_THAT(transfer.reordered_head, HasSubstr("'fc' is taken by its classes' names"));
  for (const auto& [to, from] : {std::pair(0, 2), std::pair(1, 0), std::pair(2, 1)})
    EXPECT_EQ(row(here_, to), row(there_, from)) << to;
}

TEST_F(ClassesTest, OthersOfTheSameNumberBeginAnew) {
  const Transfer transfer = load(of("[red, green]"), of("[cat, dog]"));
  EXPECT_THAT(transfer.loaded, ElementsAre("conv.bias", "conv.kernel"));
  EXPECT_THAT(transfer.new_head,
              AllOf(HasSubstr("'fc' begins anew"), HasSubstr("red, green"), HasSubstr("cat, dog")));
  EXPECT_EQ(row(here_, 0), row(first_, 0));
}

TEST_F(ClassesTest, WithoutNamesAreTakenAsTheyStand) {
  for (const auto& [there, here] :
       {std::pair("2", "[cat, dog]"), std::pair("[cat, dog]", "2"), std::pair("[cat, dog]", "[cat, dog]")}) {
    const Transfer transfer = load(of(there), of(here));
    EXPECT_EQ(transfer.loaded.size(), 4U);
    EXPECT_EQ(transfer.new_head + transfer.reordered_head, "");
    EXPECT_EQ(row(here_, 0), row(there_, 0));
  }
}

// The weights that tests/golden/make_keras_goldens.py saved from Keras.
TEST_F(TransferTest, TakesKerasFilesOfTheSameNetwork) {
  std::filesystem::path keras = golden("keras/simple_3d");
  for (const auto& entry : std::filesystem::directory_iterator(keras)) {
    if (entry.path().stem() == "keras") keras = entry.path();
  }
  const Architecture architecture = shipped_network("simple_3d");
  Weights weights = initial_weights(architecture, 3);
  const Transfer transfer = load_initial_weights({.weights = keras, .skip = {"fc.*"}}, architecture, weights);
  EXPECT_THAT(transfer.loaded, ElementsAre("conv.bias", "conv.kernel"));
}

TEST(NamePattern, MatchesWholeNames) {
  EXPECT_TRUE(matches_pattern("stem.conv.kernel", "stem.*"));
  EXPECT_TRUE(matches_pattern("stem.conv.kernel", "*.kernel"));
  EXPECT_TRUE(matches_pattern("stem.conv.kernel", "*conv*"));
  EXPECT_TRUE(matches_pattern("stem.conv.kernel", "s?em.**.k*l"));
  EXPECT_TRUE(matches_pattern("aab", "*ab"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_FALSE(matches_pattern("stem.conv.kernel", "stem"));
  EXPECT_FALSE(matches_pattern("stem.conv.kernel", "conv.*"));
  EXPECT_FALSE(matches_pattern("stem", "stem?"));
  EXPECT_FALSE(matches_pattern("stem", ""));
}

}  // namespace
}  // namespace actionflow::testing
