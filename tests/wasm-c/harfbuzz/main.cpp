// HarfBuzz shapes text of five scripts. The font is computed: a glyph has its character's number, and a width
// that follows from it.
#include "hb.h"
#include <cstdio>
#include <cstring>

static hb_bool_t nominal(hb_font_t *, void *, hb_codepoint_t character, hb_codepoint_t *glyph, void *) {
    // Presentation forms of Arabic are there, combined Latin letters are not all.
    *glyph = character;
    return character != 0x1e9b && character != 0x0344;
}

static hb_position_t advance(hb_font_t *, void *, hb_codepoint_t glyph, void *) {
    return 500 + glyph % 7 * 10;
}

int main() {
    hb_face_t *face = hb_face_create(hb_blob_get_empty(), 0);
    hb_font_t *font = hb_font_create(face);
    hb_font_funcs_t *functions = hb_font_funcs_create();
    hb_font_funcs_set_nominal_glyph_func(functions, nominal, nullptr, nullptr);
    hb_font_funcs_set_glyph_h_advance_func(functions, advance, nullptr, nullptr);
    hb_font_set_funcs(font, functions, nullptr, nullptr);
    hb_font_set_scale(font, 1000, 1000);
    const char *texts[] = {"office e\u0301\u0323", "\u0633\u0644\u0627\u0645 \u0639", "\u05e9\u05c1\u05dc\u05d5\u05dd",
                           "\u0939\u093f\u0928\u094d\u0926\u0940", "\u1112\u1161\u11ab\u1100\u1173\u11af"};
    for (const char *text : texts) {
        hb_buffer_t *buffer = hb_buffer_create();
        hb_buffer_add_utf8(buffer, text, -1, 0, -1);
        hb_buffer_guess_segment_properties(buffer);
        char script[5] = {};
        hb_tag_to_string(hb_script_to_iso15924_tag(hb_buffer_get_script(buffer)), script);
        hb_shape(font, buffer, nullptr, 0);
        unsigned count = 0;
        hb_glyph_info_t *glyphs = hb_buffer_get_glyph_infos(buffer, &count);
        hb_glyph_position_t *places = hb_buffer_get_glyph_positions(buffer, &count);
        std::printf("%s %s:", script, hb_direction_to_string(hb_buffer_get_direction(buffer)));
        int width = 0;
        for (unsigned at = 0; at < count; at++) {
            std::printf(" %x@%u", glyphs[at].codepoint, glyphs[at].cluster);
            width += places[at].x_advance;
        }
        std::printf(" = %d\n", width);
        hb_buffer_destroy(buffer);
    }
    hb_font_funcs_destroy(functions);
    hb_font_destroy(font);
    hb_face_destroy(face);
}
