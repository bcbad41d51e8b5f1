// What is said of model files that are wrong, and that hostile ones are refused quickly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "models/formats/keras/keras_config.h"
#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using testing::errors_in;
using testing::errors_of;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ModelErrors, NameLayerLineAndBothShapes) {
  EXPECT_THAT(errors_of("  - relu\n  - {layer: conv3d, name: big, filters: 2, kernel: [7, 1, 1]}\n"),
              AllOf(HasSubstr("net.yaml:5:5: error: layer 'big' (conv3d): its window 7×1×1"),
                    HasSubstr("'relu_1' (3×6×8×8)")));
  EXPECT_THAT(
      errors_of("  - {layer: max_pool3d, name: a, size: 2}\n  - {layer: add, name: s, from: [a, input]}\n"),
      AllOf(HasSubstr("net.yaml:5:5: error: layer 's' (add)"), HasSubstr("'a' (3×3×4×4)"),
            HasSubstr("'input' (3×6×8×8)")));
  EXPECT_THAT(errors_of("  - {layer: lstm, units: 4}\n"),
              AllOf(HasSubstr("takes a sequence"), HasSubstr("'input' (3×6×8×8)"), HasSubstr("keep_time")));
}

TEST(ModelErrors, AreListedTogether) {
  EXPECT_THAT(
      errors_of("  - {layer: cnov3d, filters: 2}\n"
                "  - {layer: conv3d, from: input, filters: 0, kernel: 1}\n"
                "  - {layer: max_pool3d, from: input, padding: smae}\n"
                "  - {layer: dropout, from: input, rat: 0.5}\n"
                "  - {layer: dense, from: input, units: classes}\n"),
      AllOf(HasSubstr("did you mean 'conv3d'?"), HasSubstr("filters is '0'"),
            HasSubstr("did you mean 'same'?"), HasSubstr("did you mean 'rate'?"), HasSubstr("'classes:'")));
}

TEST(ModelErrors, AreNotFollowedByTheirConsequences) {
  EXPECT_THAT(
      errors_of("  - {layer: conv3d, filters: 2, kernel: 9}\n  - {layer: conv3d, filters: 2, kernel: 3}\n"),
      AllOf(HasSubstr("conv3d_1"), Not(HasSubstr("conv3d_2"))));
}

TEST(ModelErrors, SayWhenTheResultDoesNotFitTheClasses) {
  EXPECT_THAT(errors_of("  - flatten\n  - {layer: dense, name: fc, units: 7}\n", "classes: 10\n"),
              AllOf(HasSubstr("net.yaml:5:5"), HasSubstr("layer 'fc' (dense)"), HasSubstr("7×1×1×1"),
                    HasSubstr("10 classes")));
  EXPECT_THAT(errors_of("  - relu\n", "classes: 3\n"), HasSubstr("3×6×8×8"));
}

TEST(ModelErrors, RefuseNamesThatBeginAsTrainingsOwnTensorsDo) {
  EXPECT_THAT(errors_of("  - {layer: relu, name: ema}\n"),
              AllOf(HasSubstr("net.yaml:4:25: error: name 'ema'"), HasSubstr("training")));
  EXPECT_THAT(errors_of("  - {layer: relu, name: optimizer.a}\n"), HasSubstr("name 'optimizer.a'"));
  EXPECT_THAT(errors_of("  - {layer: relu, name: ema, repeat: 2}\n"), HasSubstr("name 'ema'"));
  const std::string block = "blocks:\n  b:\n    layers: [{layer: relu, name: ema}]\n";
  EXPECT_THAT(errors_of("  - {block: b, name: optimizer}\n", block), HasSubstr("name 'optimizer'"));
  EXPECT_EQ(errors_of("  - {block: b, name: emas}\n", block), "");
  // A layer of a Keras file, too: its description is read as a model file.
  const KerasDescription keras =
      describe_keras(R"({"class_name":"Sequential","config":[{"class_name":"Conv3D","config":{"name":"ema",)"
                     R"("batch_input_shape":[null,4,8,8,1],"filters":2,"kernel_size":[1,3,3]}}]})",
                     "2.15.0", "net.h5");
  EXPECT_THAT(errors_in(keras.yaml), HasSubstr("name 'ema'"));
}

TEST(ModelErrors, SayWhatAFileSeemsToBeThatIsNoTextAndShowNoneOfItsBytes) {
  const testing::ScratchFolder folder;
  const auto error = [&](const std::string& bytes) -> std::string {
    const std::filesystem::path file = folder.path() / "clip.mp4";
    std::ofstream(file, std::ios::binary) << bytes;
    try {
      load_architecture(file);
    } catch (const config::ConfigError& caught) {
      return caught.what();
    }
    return {};
  };
  const std::string mp4(
      "\0\0\0\x20"
      "ftypisom\0\0\2\0SECRET",
      22),
      odd("SECRET\0\1\2", 9);
  EXPECT_THAT(error(mp4), AllOf(HasSubstr("clip.mp4"), HasSubstr("seems to be an MP4 or MOV video"),
                                Not(HasSubstr("SECRET"))));
  EXPECT_THAT(error(odd), AllOf(HasSubstr("is no text, expected a YAML file"), Not(HasSubstr("SECRET"))));
}

TEST(ModelErrors, SayWhatAnItemShouldBe) {
  EXPECT_THAT(errors_of("  - {filters: 3}\n"), HasSubstr("expected a layer's name"));
  EXPECT_THAT(errors_of("  - [relu]\n"), HasSubstr("expected a layer's name"));
  EXPECT_THAT(errors_of("  - {layer: relu, block: b}\n"), HasSubstr("expected a layer's name"));
  EXPECT_THAT(errors_in("layers: 3\n"), HasSubstr("layers"));
  EXPECT_THAT(errors_in("input: {}\nlayers: []\n"), HasSubstr("layers"));
}

TEST(ModelErrors, RefuseOptionsThatCannotBe) {
  for (const char* options :
       {"kernel: -3", "kernel: 100000", "kernel: [3, 3]", "kernel: 3, stride: 0", "kernel: 3, padding: -1",
        "kernel: 3, padding: [1, 2]", "kernel: 3, padding: [[1, 2, 3], 1, 1]", "kernel: 3, padding: 1e9",
        "kernel: 3, groups: 2", "kernel: 3, dilation: 4", "kernel: .nan"}) {
    EXPECT_NE(errors_of(std::string("  - {layer: conv3d, filters: 4, ") + options + "}\n"), "") << options;
  }
}

TEST(ModelErrors, RefuseSizesBeforeAnythingIsAllocated) {
  EXPECT_THAT(errors_of("  - {layer: conv3d, filters: 16777216, kernel: 1}\n"), HasSubstr("elements"));
  EXPECT_THAT(errors_of("  - {layer: conv3d, filters: 4, kernel: 4096, padding: same}\n"),
              HasSubstr("elements"));
  EXPECT_THAT(errors_of("  - flatten\n  - {layer: dense, units: 16777216}\n"),
              HasSubstr("parameter 'kernel'"));
  EXPECT_THAT(
      errors_of(
          "  - {layer: reshape, time: 2147483648, height: 2147483648, width: 2147483648, channels: 4}\n"),
      HasSubstr("does not hold"));
  EXPECT_THAT(errors_in("input: {frames: 4096, height: 16384, width: 16384}\nlayers: [relu]\n"),
              HasSubstr("elements"));
}

TEST(ModelErrors, EndALargeFileAtItsBound) {
  std::string layers;
  for (int i = 0; i < 20'000; ++i) layers += "  - relu\n";
  EXPECT_THAT(errors_of(layers), HasSubstr("more than 10000 layers"));
}

TEST(ModelFile, IsNamedByItsFileUnlessTold) {
  EXPECT_EQ(parse_architecture("input: {}\nlayers: [flatten]\n", "dir/some_net.yaml").name, "some_net");
}

TEST(ModelFile, TakesOtherClasses) {
  const config::Value root = config::parse(
      testing::network_text("  - flatten\n  - {layer: dense, units: classes}\n", "classes: 10\n"),
      "net.yaml");
  const Architecture net = read_architecture(root, {"a", "b", "it's: \"odd\""});
  EXPECT_EQ(testing::result_of(net).c, 3);
  EXPECT_EQ(parse_architecture(net.yaml, "header").classes, net.classes);
}

TEST(ModelFile, KeepsOverridesInItsText) {
  const std::vector<config::Override> overrides{{"input.frames", "20"}};
  const auto file = testing::project_root() / "configs/models/robust_3d.yaml";
  const Architecture net = load_architecture(file, overrides);
  EXPECT_EQ(parse_architecture(net.yaml, "header").input.frames, 20);
  EXPECT_EQ(difference(net, load_architecture(file)), "the input forms differ");
}

TEST(ModelFile, HasASchemaForEditors) {
  const std::string schema = architecture_schema();
  EXPECT_THAT(schema,
              AllOf(HasSubstr("\"conv3d\""), HasSubstr("\"bidirectional\""), HasSubstr("\"blocks\"")));
}

}  // namespace
}  // namespace actionflow
