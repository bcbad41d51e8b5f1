// Loading, saving and converting weights, and what happens to files that are wrong.
#include "models/formats/weight_files.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "base/error.h"
#include "models/formats/hdf5/hdf5_child.h"
#include "models/formats/safetensors/model_file.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/weights/initial_weights.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace {
int processes_started = 0;
}

// Stands before the C library's in this program, to count.
extern "C" int posix_spawn(pid_t* process, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const arguments[],
                           char* const environment[]) {
  ++processes_started;
  static const auto real = reinterpret_cast<decltype(&posix_spawn)>(::dlsym(RTLD_NEXT, "posix_spawn"));
  return real(process, path, actions, attributes, arguments, environment);
}

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNetwork = R"(
name: small
input: {channels: 3, frames: 4, frame_rate: 10, height: 8, width: 8}
classes: [wave, stop]
layers:
  - {layer: conv3d, name: conv, filters: 4, kernel: 3, padding: same, activation: relu}
  - {layer: batch_norm, name: norm}
  - {layer: global_average_pool}
  - {layer: dense, name: head, units: classes, activation: softmax}
)";

Architecture small(const std::string& from = {}, const std::string& to = {}) {
  std::string yaml = kNetwork;
  if (!from.empty()) yaml.replace(yaml.find(from), from.size(), to);
  return parse_architecture(yaml, "small.yaml");
}

Model small_model() {
  Architecture architecture = small();
  Weights weights = initial_weights(architecture, 1);
  return {std::move(architecture), std::move(weights)};
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

template <class Action>
std::string message(Action action) {
  try {
    action();
  } catch (const ModelError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::model);
    return error.what();
  }
  return "no error";
}

class WeightFiles : public ::testing::Test {
 protected:
  std::string loading(const std::string& name, const Architecture* architecture = nullptr) {
    return message([&] { load_model(file(name), architecture); });
  }
  std::filesystem::path file(const std::string& name) const { return scratch_.path() / name; }

 private:
  ScratchFolder scratch_;
};

TEST_F(WeightFiles, HoldTheNetworkWithItsClassesAndInputForm) {
  const Model model = small_model();
  save_model(model, file("a.safetensors"));
  const Model loaded = load_model(file("a.safetensors"));
  EXPECT_EQ(difference(loaded.architecture, model.architecture), "");
  EXPECT_EQ(loaded.architecture.classes, (std::vector<std::string>{"wave", "stop"}));
  for (const auto& [name, tensor] : model.weights.tensors) {
    EXPECT_THAT(loaded.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values()))
        << name;
  }
}

TEST_F(WeightFiles, HeaderRulesOverTheModelFileButAnotherNetworkIsRefused) {
  save_model(small_model(), file("a.safetensors"));
  const Architecture slower = small("frame_rate: 10", "frame_rate: 5");
  EXPECT_EQ(load_model(file("a.safetensors"), &slower).architecture.input.frame_rate, 10);
  const Architecture wider = small("filters: 4", "filters: 5");
  EXPECT_THAT(loading("a.safetensors", &wider), HasSubstr("holds another network than 'small'"));
  const Architecture sigmoid = small("activation: relu", "activation: tanh");
  EXPECT_THAT(loading("a.safetensors", &sigmoid), HasSubstr("computes something else"));
}

TEST_F(WeightFiles, ACalibrationStaysWithItsWeights) {
  Model model = small_model();
  save_model(model, file("plain.safetensors"));
  EXPECT_EQ(load_model(file("plain.safetensors")).calibration, std::nullopt);
  model.calibration = Calibration{"val, 9 videos", 1.5, 0.4,
                                  EventCalibration{{0.8, 0.3}, {{"stop", {0.9, 0.2}}}, 0.2, 0.1, 0, 0.3}};
  save_model(model, file("a.safetensors"));
  EXPECT_EQ(load_model(file("a.safetensors")).calibration, model.calibration);
  write_bytes(file("small.yaml"), kNetwork);
  convert_weights(file("a.safetensors"), file("b.safetensors"), {.model_file = file("small.yaml")});
  EXPECT_EQ(load_model(file("b.safetensors")).calibration, model.calibration);
}

TEST_F(WeightFiles, AWrongCalibrationNamesTheFileAndTheKey) {
  const Model model = small_model();
  SafetensorsContent content{model_metadata(model.architecture), {}};
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors[name] = &tensor;
  content.metadata[std::string(kCalibrationKey)] = R"({"none_below": "half"})";
  write_safetensors(content, file("a.safetensors"));
  EXPECT_THAT(loading("a.safetensors"),
              AllOf(HasSubstr("a.safetensors: its calibration"), HasSubstr("'none_below'")));
}

TEST_F(WeightFiles, TrainingsTensorsAreNoPartOfTheNetwork) {
  const Model model = small_model();
  SafetensorsContent content{model_metadata(model.architecture), {}};
  for (const auto& [name, tensor] : model.weights.tensors) {
    content.tensors[name] = &tensor;
    content.tensors["optimizer.m." + name] = &tensor;
    content.tensors["ema." + name] = &tensor;
  }
  write_safetensors(content, file("last.safetensors"));
  EXPECT_EQ(load_model(file("last.safetensors")).weights.tensors.size(), model.weights.tensors.size());
}

TEST_F(WeightFiles, MismatchesAreListedWithBothShapes) {
  const Model model = small_model();
  const Tensor kernel({4, 3, 3, 3, 5}), extra({7});
  SafetensorsContent content{model_metadata(model.architecture), {}};
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors[name] = &tensor;
  content.tensors["conv.kernel"] = &kernel;
  content.tensors["other.bias"] = &extra;
  content.tensors.erase("head.bias");
  write_safetensors(content, file("a.safetensors"));
  const std::string text = loading("a.safetensors");
  EXPECT_THAT(text, HasSubstr("'conv.kernel' is 4×3×3×3×5, expected 4×3×3×3×3"));
  EXPECT_THAT(text, HasSubstr("'head.bias' (2) is missing"));
  EXPECT_THAT(text, HasSubstr("'other.bias' (7) belongs to no layer"));
}

TEST_F(WeightFiles, ValuesThatNoNetworkCanHaveAreRefused) {
  const float infinite = std::numeric_limits<float>::infinity();
  Model model = small_model();
  model.weights.tensors.at("conv.kernel").data()[5] = std::numeric_limits<float>::quiet_NaN();
  model.weights.tensors.at("head.bias").data()[1] = -infinite;
  model.weights.tensors.at("norm.moving_variance").data()[3] = -1e-6F;
  model.weights.tensors.at("norm.moving_mean").data()[3] = -1;
  SafetensorsContent content;
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors[name] = &tensor;
  write_safetensors(content, file("a.safetensors"));
  const std::string text = loading("a.safetensors", &model.architecture);
  EXPECT_THAT(text, HasSubstr("a.safetensors"));
  EXPECT_THAT(text, HasSubstr("'conv.kernel' holds a value that is not finite"));
  EXPECT_THAT(text, HasSubstr("'head.bias' holds a value that is not finite"));
  EXPECT_THAT(text, HasSubstr("'norm.moving_variance' holds a variance below 0"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("norm.moving_mean")));
  EXPECT_THAT(message([&] { save_model(model, file("b.safetensors")); }), HasSubstr("conv.kernel"));
}

TEST_F(WeightFiles, OthersSafetensorsNeedAModelFile) {
  const Model model = small_model();
  SafetensorsContent content;
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors[name] = &tensor;
  write_safetensors(content, file("a.safetensors"));
  EXPECT_THAT(loading("a.safetensors"), HasSubstr("name the network's file with --model"));
  EXPECT_EQ(loading("a.safetensors", &model.architecture), "no error");
}

// What a header's loss of its own keys leaves, which the container alone (safetensors_test.cpp) lets pass.
TEST_F(WeightFiles, EveryFlippedByteOfTheHeaderAndEveryCutIsRefused) {
  save_model(small_model(), file("a.safetensors"));
  const std::string good = read_bytes(file("a.safetensors"));
  const std::size_t header =
      8 + static_cast<unsigned char>(good[0]) + 256U * static_cast<unsigned char>(good[1]);
  ASSERT_LT(header, good.size());
  for (std::size_t i = 0; i < header; ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    write_bytes(file("bad.safetensors"), bad);
    EXPECT_NE(loading("bad.safetensors"), "no error") << "byte " << i;
  }
  for (std::size_t size = 0; size < good.size(); size += 97) {
    write_bytes(file("bad.safetensors"), good.substr(0, size));
    EXPECT_NE(loading("bad.safetensors"), "no error") << size;
  }
}

TEST_F(WeightFiles, WhatIsNoWeightsFileIsSaidSo) {
  write_bytes(file("text.txt"), "hello, this is no network at all");
  write_bytes(file("empty.safetensors"), "");
  write_bytes(file("net.keras"), std::string("PK\x03\x04 and so on", 15));
  write_bytes(file("net.h5"), "\x89HDF\r\n\x1a\n and nothing more");
  EXPECT_THAT(loading("text.txt"), HasSubstr("no weights file that is known here"));
  EXPECT_THAT(loading("empty.safetensors"), HasSubstr("too few"));
  EXPECT_THAT(loading("net.keras"), HasSubstr("zip archive"));
  EXPECT_THAT(loading("net.h5"), HasSubstr("cannot be read"));
  EXPECT_THAT(loading("absent.h5"), HasSubstr("No such file"));
  EXPECT_THAT(loading("."), HasSubstr("Is a directory"));
}

TEST_F(WeightFiles, ConvertWritesTheModelBesideAndTellsWhatToCheck) {
  const Conversion conversion =
      convert_weights(golden("keras/robust_3d/keras.h5"), file("robust.safetensors"));
  ASSERT_EQ(conversion.model_file, file("robust.yaml"));
  ASSERT_EQ(conversion.notes.size(), 1U);
  EXPECT_THAT(conversion.notes[0], HasSubstr("check frame_rate"));
  const Architecture written = load_architecture(file("robust.yaml"));
  EXPECT_EQ(difference(written, load_model(file("robust.safetensors")).architecture), "");
  EXPECT_EQ(written.classes.size(), 10U);
}

TEST_F(WeightFiles, ConvertTakesInputFormAndClassesFromTheModelFile) {
  convert_weights(golden("keras/robust_3d/keras.h5"), file("a.safetensors"));
  std::string yaml = read_bytes(file("a.yaml"));
  yaml.replace(yaml.find("frame_rate: 10"), 14, "frame_rate: 12");
  std::filesystem::remove(file("a.yaml"));
  write_bytes(file("mine.yaml"), yaml);
  EXPECT_EQ(convert_weights(golden("keras/robust_3d/keras.h5"), file("b.safetensors"),
                            {.model_file = file("mine.yaml")})
                .model_file,
            std::nullopt);
  EXPECT_EQ(load_model(file("b.safetensors")).architecture.input.frame_rate, 12);
  EXPECT_FALSE(std::filesystem::exists(file("a.yaml")));
}

TEST_F(WeightFiles, ConvertLeavesAnEditedModelFileAlone) {
  const auto convert = [&] { convert_weights(golden("keras/robust_3d/keras.h5"), file("a.safetensors")); };
  convert();
  convert();  // the same file again is no harm
  write_bytes(file("a.yaml"), read_bytes(file("a.yaml")) + "# mine\n");
  std::filesystem::remove(file("a.safetensors"));
  try {
    convert();
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("convert with --model " + file("a.yaml").string()));
  }
  EXPECT_THAT(read_bytes(file("a.yaml")), ::testing::EndsWith("# mine\n"));
  EXPECT_FALSE(std::filesystem::exists(file("a.safetensors")));
}

TEST_F(WeightFiles, ConvertRefusesAnotherNetworkAndUnknownSuffixes) {
  write_bytes(file("small.yaml"), kNetwork);
  const auto convert = [&](const std::string& out, std::optional<std::filesystem::path> model) {
    return message([&] {
      convert_weights(golden("keras/robust_3d/keras.h5"), file(out), {.model_file = std::move(model)});
    });
  };
  EXPECT_THAT(convert("b.safetensors", file("small.yaml")), HasSubstr("holds another network than 'small'"));
  EXPECT_THROW(convert("b.h5", {}), UsageError);
  EXPECT_THAT(message([&] { convert_weights(golden("keras/weights_only/keras.h5"), file("b.safetensors")); }),
              HasSubstr("name the network's file with --model"));
}

// Seeds, with which neither of the two hangs that 1,500 mutations found (20 s each) comes up.
TEST_F(WeightFiles, AHundredDamagedHdf5FilesNeverHarmTheParent) {
  const std::string good = read_bytes(golden("keras/half_weights/keras.h5"));
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    std::string bad = good;
    for (unsigned edits = 1 + random() % 8; edits > 0; --edits) {
      bad[8 + random() % (bad.size() - 8)] = static_cast<char>(random());
    }
    if (round % 10 == 0) bad.resize(random() % bad.size());
    write_bytes(file("bad.h5"), bad);
    refused += loading("bad.h5") == "no error" ? 0 : 1;
  }
  EXPECT_GT(refused, 20);
}

const char* const kArchive = "keras_versions/models_within_keras3_keras/keras.keras";

TEST_F(WeightFiles, DamagedKerasArchivesAndNumberedWeightsNeverHarmTheParent) {
  const Architecture named = load_model(golden(kArchive)).architecture;
  const std::string archive = read_bytes(golden(kArchive));
  const std::string weights =
      read_bytes(golden("keras_versions/models_within_keras3_weights/keras.weights.h5"));
  std::mt19937 random(11);
  int refused = 0;
  for (int round = 0; round < 80; ++round) {
    std::string bad = round % 2 == 0 ? archive : weights;
    for (unsigned edits = 1 + random() % 8; edits > 0; --edits)
      bad[random() % bad.size()] = static_cast<char>(random());
    if (round % 10 < 2) bad.resize(random() % bad.size());
    const std::string name = round % 2 == 0 ? "bad.keras" : "bad.weights.h5";
    write_bytes(file(name), bad);
    refused += loading(name, &named) == "no error" ? 0 : 1;
  }
  EXPECT_GT(refused, 10);
}

TEST_F(WeightFiles, AKerasArchiveThatLacksAPartSaysWhich) {
  std::string bytes = read_bytes(golden(kArchive));
  for (std::size_t at = bytes.find("metadata.json"); at != bytes.npos;
       at = bytes.find("metadata.json", at + 1))
    bytes[at] = 'M';
  write_bytes(file("a.keras"), bytes);
  EXPECT_THAT(loading("a.keras"), HasSubstr("a.keras: holds no 'metadata.json'"));
  bytes = read_bytes(golden(kArchive));
  bytes.replace(bytes.find("\x89HDF"), 4, "none");
  write_bytes(file("b.keras"), bytes);
  EXPECT_THAT(loading("b.keras"), HasSubstr("b.keras: model.weights.h5"));
}

// Without names in the file, the groups' classes and numbers tell: Keras 2 wrote this one.
TEST_F(WeightFiles, NumberedWeightsGoByTheirLayersClassesWhereTheyHaveNoNames) {
  const Architecture network = parse_architecture(
      "name: small\ninput: {channels: 2, frames: 3, frame_rate: 10, height: 6, width: 6, range: 1}\nlayers:\n"
      "  - {layer: conv3d, name: first, filters: 4, kernel: 3}\n"
      "  - {layer: conv3d, name: second, filters: 3, kernel: 1}\n  - {layer: batch_norm, name: norm}\n"
      "  - global_average_pool\n  - {layer: dense, name: scores, units: 2}\n",
      "small.yaml");
  const Model loaded = load_model(golden("keras_versions/classes_keras2_weights/keras.weights.h5"), &network);
  const Model named = load_model(golden("keras_versions/classes_keras2/keras.h5"));
  for (const auto& [ours, theirs] : {std::pair{"first.kernel", "b_conv.kernel"},
                                     {"second.kernel", "a_conv.kernel"},
                                     {"norm.moving_mean", "norm.moving_mean"},
                                     {"scores.bias", "scores.bias"}})
    EXPECT_THAT(loaded.weights.tensors.at(ours).values(),
                ::testing::ElementsAreArray(named.weights.tensors.at(theirs).values()))
        << ours;
}

TEST_F(WeightFiles, WhatIsNoHdf5FileIsRefused) {
  EXPECT_THAT(message([&] { read_keras_file(golden("keras/half_weights/input.npy")); }),
              HasSubstr("cannot be read"));
}

// Made by make_hdf5_storage_goldens.py: half a million bytes of weights in a file of 29 KB.
const char* const kCompressed = "keras_versions/compressed_8bit_keras2/keras.h5";

TEST_F(WeightFiles, AnHdf5FileIsReadByOneProcessUnlessItsWeightsAreMoreThanItsSizeTells) {
  processes_started = 0;
  load_model(golden("keras/conv_1d/keras.h5"));
  EXPECT_EQ(processes_started, 1);
  load_model(golden(kCompressed));
  EXPECT_EQ(processes_started, 1 + 2);
}

TEST_F(WeightFiles, AnHdf5FileThatHoldsMoreThanItAndTheNetworkAllowIsRefused) {
  const KerasFile description = read_keras_file(golden(kCompressed));
  EXPECT_FALSE(description.whole);
  EXPECT_THAT(description.weights, ::testing::IsEmpty());
  EXPECT_THAT(description.model_config, HasSubstr("Sequential"));
  EXPECT_THAT(message([&] { read_keras_file(golden(kCompressed), 100'000); }),
              HasSubstr("larger than the file and the network allow"));
}

TEST(InitialWeights, DependOnSeedAndNameOnly) {
  const Architecture one = small(), other = small("filters: 4", "filters: 4, stride: 2");
  const Weights a = initial_weights(one, 7), b = initial_weights(other, 7), c = initial_weights(one, 8);
  EXPECT_THAT(a.tensors.at("conv.kernel").values(),
              ::testing::ElementsAreArray(b.tensors.at("conv.kernel").values()));
  EXPECT_NE(a.tensors.at("conv.kernel")[0], c.tensors.at("conv.kernel")[0]);
  EXPECT_EQ(a.tensors.at("norm.moving_variance")[3], 1);
  EXPECT_EQ(a.tensors.at("norm.beta")[3], 0);
}

TEST(InitialWeights, AreAsKerasStarts) {
  const Architecture network = parse_architecture(R"(
input: {channels: 3, frames: 6, frame_rate: 10, height: 1, width: 1}
layers:
  - {layer: dense, name: wide, units: 400}
  - {layer: lstm, name: cell, units: 32}
)",
                                                  "n");
  const Weights weights = initial_weights(network, 3);
  // Glorot: uniform within ±√(6/(3+400)).
  const double limit = std::sqrt(6.0 / 403);
  double largest = 0, sum = 0;
  for (const float value : weights.tensors.at("wide.kernel").values()) {
    largest = std::max(largest, std::abs(static_cast<double>(value)));
    sum += value;
  }
  EXPECT_LE(largest, limit);
  EXPECT_GT(largest, 0.95 * limit);
  EXPECT_NEAR(sum / 1200, 0, 0.01);
  const Tensor& bias = weights.tensors.at("cell.bias");
  EXPECT_EQ(bias[31], 0);
  EXPECT_EQ(bias[32], 1);
  EXPECT_EQ(bias[63], 1);
  EXPECT_EQ(bias[64], 0);
  // Orthogonal: the 128×32 matrix has orthonormal columns.
  const Tensor& recurrent = weights.tensors.at("cell.recurrent_kernel");
  for (std::int64_t i = 0; i < 32; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double product = 0;
      for (std::int64_t row = 0; row < 128; ++row)
        product += recurrent[row * 32 + i] * recurrent[row * 32 + j];
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-5);
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
