#include "base/tensor/npy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/random.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

std::filesystem::path file(const std::string& name) { return testing::golden("npy") / (name + ".npy"); }

std::vector<unsigned char> bytes_of(const std::string& name) {
  std::ifstream stream(file(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

// Nothing where it is refused.
std::optional<Tensor> parsed(const std::vector<unsigned char>& bytes) {
  try {
    return parse_npy(bytes, "x.npy");
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("x.npy: "));
    return std::nullopt;
  }
}

std::string refusal(const std::vector<unsigned char>& bytes) {
  try {
    parse_npy(bytes, "x.npy");
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("x.npy: "));
    return error.what();
  }
  return "";
}

std::vector<unsigned char> with_header(const std::string& header, std::size_t data = 0) {
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header + std::string(data, '\0');
  return {bytes.begin(), bytes.end()};
}

std::string header_of(const std::string& shape, const std::string& type = "<f4") {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
}

// The files are NumPy's own, see golden/npy/make.py.
TEST(Npy, ReadsEveryNumberTypeThatNumPyWrites) {
  for (const char* name : {"f2", "f4", "f8", "f4_big", "i1", "i2", "i4_big", "i8", "u1", "u2", "u4", "u8",
                           "fortran", "version2"}) {
    const Tensor tensor = read_npy(file(name));
    ASSERT_EQ(tensor.shape(), (Shape{2, 3, 4})) << name;
    for (std::int64_t i = 0; i < 24; ++i) EXPECT_EQ(tensor[i], static_cast<float>(i)) << name;
  }
  EXPECT_EQ(read_npy(file("b1"))[3], 1.0F);
}

TEST(Npy, ReadsScalarsAndEmptyTensors) {
  EXPECT_EQ(read_npy(file("scalar")).shape(), Shape{});
  EXPECT_EQ(read_npy(file("scalar"))[0], 2.5F);
  EXPECT_EQ(read_npy(file("empty")).shape(), (Shape{3, 0, 2}));
}

TEST(Npy, ReadsWhatIsSpecialInHalfPrecision) {
  const Tensor tensor = read_npy(file("special"));
  EXPECT_TRUE(std::isinf(tensor[0]) && tensor[0] > 0);
  EXPECT_TRUE(std::isinf(tensor[1]) && tensor[1] < 0);
  EXPECT_TRUE(std::isnan(tensor[2]));
  EXPECT_TRUE(std::signbit(tensor[3]));
  EXPECT_EQ(tensor[4], std::ldexp(1.0F, -24));
  EXPECT_EQ(tensor[5], 65504.0F);
}

TEST(Npy, WritesWhatItReads) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "written.npy";
  for (const Shape& shape : {Shape{2, 3}, Shape{5}, Shape{}, Shape{0, 4}, Shape{1, 2, 3, 4, 5}}) {
    Tensor tensor(shape);
    for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<float>(i) * 0.37F - 1;
    write_npy(path, tensor);
    const Tensor back = read_npy(path);
    EXPECT_EQ(back.shape(), shape);
    EXPECT_TRUE(std::equal(back.values().begin(), back.values().end(), tensor.values().begin()));
  }
}

TEST(Npy, RefusesWhatIsNoNumber) { EXPECT_THAT(refusal(bytes_of("complex")), HasSubstr("type '<c8'")); }

TEST(Npy, RefusesAFileThatIsMissing) { EXPECT_THROW(read_npy("/no/such.npy"), ModelError); }

TEST(Npy, RefusesEveryFileThatIsCutShort) {
  const std::vector<unsigned char> whole = bytes_of("f4");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), "") << size;
  }
}

TEST(Npy, RefusesHostileHeaders) {
  EXPECT_THAT(refusal(with_header(header_of("4611686018427387904, 4611686018427387904"))),
              HasSubstr("too large"));
  EXPECT_THAT(refusal(with_header(header_of("0, 4611686018427387904, 4611686018427387904"))),
              HasSubstr("too large"));
  EXPECT_THAT(refusal(with_header(header_of("1000000000,"))), HasSubstr("calls for 4000000000 bytes"));
  EXPECT_THAT(refusal(with_header(header_of("-1,"))), HasSubstr("shape is damaged"));
  EXPECT_THAT(refusal(with_header(header_of("99999999999999999999,"))), HasSubstr("shape is damaged"));
  EXPECT_THAT(refusal(with_header(header_of("1"), 5)), HasSubstr("holds 5"));
  EXPECT_THAT(refusal(with_header(header_of("1", "|O"), 4)), HasSubstr("type '|O'"));
  std::string axes;
  for (int i = 0; i < 40; ++i) axes += "1, ";
  EXPECT_THAT(refusal(with_header(header_of(axes), 4)), HasSubstr("32 axes"));
  EXPECT_THAT(refusal(with_header("{'descr': '<f4'}")), HasSubstr("lacks"));
  EXPECT_THAT(refusal(with_header("{'descr': '<f4', 'descr': '<f4'}")), HasSubstr("repeated"));
  EXPECT_THAT(refusal(with_header("{'fortran_order': 1}")), HasSubstr("neither"));
  EXPECT_THAT(refusal(with_header(header_of("1,") + "x", 4)), HasSubstr("after its end"));
}

// What is read of a changed file fits its bytes, and comes back the same when it is written.
TEST(Npy, OfRandomChangesReadsOrRefusesEach) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "changed.npy";
  const std::vector<unsigned char> whole = bytes_of("version2");
  constexpr std::size_t kDataBytes = 24 * sizeof(float);
  int read = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    Random random(3, "npy", 0, i);
    std::vector<unsigned char> changed = whole;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      changed[random.below(140)] = static_cast<unsigned char>(random.below(256));
    }
    const std::optional<Tensor> tensor = parsed(changed);
    if (!tensor) continue;
    ASSERT_TRUE(tensor->size() == 0 || kDataBytes % static_cast<std::size_t>(tensor->size()) == 0);
    if (++read % 50 != 0) continue;
    write_npy(path, *tensor);
    EXPECT_TRUE(same(read_npy(path), *tensor));
  }
  EXPECT_GT(read, 300);
}

}  // namespace
}  // namespace actionflow
