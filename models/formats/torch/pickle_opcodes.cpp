#include "models/formats/torch/pickle_opcodes.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace actionflow::torch {
namespace {

// Of those that are refused, the ones that run code or that other programs' pickles have.
constexpr std::array<std::pair<std::uint8_t, std::string_view>, 25> kRefused{
    {{'0', "POP"},     {'1', "POP_MARK"}, {'2', "DUP"},        {'B', "BINBYTES"},  {'C', "SHORT_BINBYTES"},
     {'F', "FLOAT"},   {'I', "INT"},      {'L', "LONG"},       {'P', "PERSID"},    {'S', "STRING"},
     {'V', "UNICODE"}, {'d', "DICT"},     {'g', "GET"},        {'i', "INST"},      {'l', "LIST"},
     {'o', "OBJ"},     {'p', "PUT"},      {0x81, "NEWOBJ"},    {0x82, "EXT1"},     {0x83, "EXT2"},
     {0x84, "EXT4"},   {0x8b, "LONG4"},   {0x8f, "EMPTY_SET"}, {0x90, "ADDITEMS"}, {0x92, "NEWOBJ_EX"}}};

}  // namespace

std::string opcode_name(Opcode opcode) {
  const auto code = static_cast<std::uint8_t>(opcode);
  for (const auto& [refused, name] : kRefused) {
    if (refused == code) return fmt::format("{} (0x{:02x})", name, code);
  }
  return fmt::format("0x{:02x}", code);
}

}  // namespace actionflow::torch
