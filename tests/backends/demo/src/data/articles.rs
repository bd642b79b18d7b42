//! The range of Nordwind Supply on its first day: articles, list prices and what lies where. Plain rows; `data` builds the books from them.

use crate::article::{
    Category::{self, Book, Cabl, Chem, Elec, Fast, Made, Pipe, Powr, Safe, Tool},
    Uom::{self, Kg, Mtr, Pce, Pk},
};

pub(super) struct Row {
    pub(super) no: &'static str,
    pub(super) text: &'static str,
    pub(super) category: Category,
    /// Ten-thousandths of a euro for `per` units.
    pub(super) list: i64,
    pub(super) per: i64,
    pub(super) uom: Uom,
    pub(super) supply: Supply,
}

pub(super) enum Supply {
    /// On the shelf in Berlin, Hamburg, Munich.
    Shelf([i64; 3]),
    /// Nothing there; so many arrive in Berlin in so many working days.
    Coming(i64, u32),
    /// A few there (Berlin), more arrive in Hamburg in so many working days.
    Scarce(i64, i64, u32),
    /// Neither there nor on its way.
    Gone,
    /// Made to order in so many working days.
    ToOrder(u32),
}
use Supply::{Coming, Gone, Scarce, Shelf, ToOrder};

const fn row(no: &'static str, text: &'static str, category: Category, list: i64, per: i64, uom: Uom, supply: Supply) -> Row {
    Row { no, text, category, list, per, uom, supply }
}

/// Quantity breaks of a category: from, percent off the list price.
pub(super) const fn breaks(category: Category) -> &'static [(i64, i64)] {
    match category {
        Fast => &[(500, 4), (2000, 8), (10_000, 12)],
        Tool | Powr => &[(5, 3), (20, 6)],
        Cabl | Pipe => &[(100, 5), (500, 9)],
        Chem | Safe => &[(12, 4), (48, 8), (144, 11)],
        Elec => &[(10, 3), (50, 7)],
        Book | Made => &[],
    }
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("NW-1001", "Hexagon bolt DIN 933 M8x30, steel 8.8, zinc plated", Fast, 11_9000, 100, Pce, Shelf([48_000, 22_000, 35_000])),
    row("NW-1002", "Hexagon bolt DIN 933 M10x40, steel 8.8, zinc plated", Fast, 21_4000, 100, Pce, Shelf([31_000, 18_500, 12_000])),
    row("NW-1003", "Hexagon nut DIN 934 M8, zinc plated", Fast, 3_8500, 100, Pce, Shelf([90_000, 64_000, 58_000])),
    row("NW-1004", "Flat washer DIN 125 8.4, stainless A2", Fast, 4_2000, 100, Pce, Shelf([70_000, 0, 41_000])),
    row("NW-1005", "Socket head screw DIN 912 M6x20, stainless A2", Fast, 14_7500, 100, Pce, Shelf([16_000, 9_000, 11_500])),
    row("NW-1006", "Threaded rod DIN 975 M12, 1 m, zinc plated", Fast, 3_4900, 1, Pce, Shelf([420, 160, 310])),
    row("NW-1007", "Expansion anchor M10x90", Fast, 96_0000, 100, Pce, Shelf([5_200, 3_100, 2_400])),
    row("NW-1008", "Chipboard screw 5x60, TX25, pack of 200", Fast, 13_9000, 1, Pk, Shelf([640, 380, 290])),
    row("NW-1009", "Blind rivet 4x10 aluminium/steel, pack of 500", Fast, 18_2000, 1, Pk, Scarce(4, 120, 6)),
    row("NW-1010", "Spring washer DIN 127 M10, pack of 100", Fast, 5_6000, 1, Pk, Coming(300, 5)),
    row("NW-1011", "Wood construction screw 8x160, pack of 50", Fast, 27_8000, 1, Pk, Shelf([85, 40, 62])),
    row("NW-1012", "Combination spanner set, 12 pieces, 8 to 24 mm", Tool, 64_5000, 1, Pce, Shelf([58, 24, 33])),
    row("NW-1013", "Torque wrench 1/2 in, 40 to 200 Nm, with certificate", Tool, 89_0000, 1, Pce, Shelf([26, 11, 14])),
    row("NW-1014", "Water pump pliers 250 mm", Tool, 26_5000, 1, Pce, Shelf([140, 75, 92])),
    row("NW-1015", "VDE screwdriver set, 7 pieces", Tool, 41_9000, 1, Pce, Shelf([88, 41, 57])),
    row("NW-1016", "Club hammer 1000 g, ash handle", Tool, 17_4500, 1, Pce, Shelf([120, 64, 70])),
    row("NW-1017", "Tape measure 8 m, class II", Tool, 12_8000, 1, Pce, Shelf([310, 180, 205])),
    row("NW-1018", "Spirit level 100 cm, two plumb vials", Tool, 48_9000, 1, Pce, Scarce(3, 40, 8)),
    row("NW-1019", "Hand tap set M3 to M12, HSS, 22 pieces", Tool, 118_0000, 1, Pce, Shelf([9, 4, 6])),
    row("NW-1020", "Bench vise 150 mm, forged", Tool, 249_0000, 1, Pce, Shelf([3, 0, 2])),
    row("NW-1021", "Digital caliper 150 mm, IP67", Tool, 74_9000, 1, Pce, Coming(60, 9)),
    row("NW-1022", "Cordless drill 18 V, 2 x 5.0 Ah, case", Powr, 289_0000, 1, Pce, Shelf([34, 18, 21])),
    row("NW-1023", "Angle grinder 125 mm, 1400 W", Powr, 134_0000, 1, Pce, Shelf([46, 22, 29])),
    row("NW-1024", "Rotary hammer SDS-plus, 3.2 J", Powr, 219_0000, 1, Pce, Shelf([15, 8, 10])),
    row("NW-1025", "Impact wrench 18 V, 1/2 in, 400 Nm, body only", Powr, 198_5000, 1, Pce, Scarce(1, 25, 4)),
    row("NW-1026", "Heat gun 2000 W, 50 to 630 degrees", Powr, 92_0000, 1, Pce, Shelf([19, 7, 12])),
    row("NW-1027", "Wet and dry vacuum 30 l, class L", Powr, 239_0000, 1, Pce, Gone),
    row("NW-1028", "Cutting disc 125x1.0 mm, inox, pack of 25", Powr, 31_2500, 1, Pk, Shelf([420, 260, 310])),
    row("NW-1029", "Flap disc 125 mm, grit 60", Powr, 4_9500, 1, Pce, Shelf([900, 540, 610])),
    row("NW-1030", "Cable NYM-J 3x1.5 mm2", Cabl, 98_5000, 100, Mtr, Shelf([12_500, 8_200, 9_400])),
    row("NW-1031", "Cable NYM-J 5x2.5 mm2", Cabl, 249_0000, 100, Mtr, Shelf([6_300, 3_900, 4_100])),
    row("NW-1032", "Rubber cable H07RN-F 5G6", Cabl, 8_7426, 1, Mtr, Shelf([1_450, 720, 880])),
    row("NW-1033", "Data cable Cat 7 S/FTP, orange", Cabl, 87_5000, 100, Mtr, Shelf([9_000, 6_100, 5_500])),
    row("NW-1034", "Earth conductor H07V-K 16 mm2, green/yellow", Cabl, 2_9875, 1, Mtr, Shelf([2_600, 1_300, 1_700])),
    row("NW-1035", "Control cable YSLY-JZ 12x1.0 mm2", Cabl, 4_1250, 1, Mtr, Coming(2_000, 7)),
    row("NW-1036", "Wire rope 6 mm, 7x19, stainless", Cabl, 3_3600, 1, Mtr, Shelf([780, 0, 460])),
    row("NW-1037", "Seamless steel pipe 33.7x2.6 mm, 6 m lengths", Pipe, 9_8400, 1, Mtr, Shelf([1_260, 840, 630])),
    row("NW-1038", "Copper pipe 22x1.0 mm, hard, 5 m lengths", Pipe, 13_6500, 1, Mtr, Shelf([900, 410, 655])),
    row("NW-1039", "Mounting rail 41x41x2.5 mm, galvanized", Pipe, 11_2000, 1, Mtr, Shelf([720, 360, 480])),
    row("NW-1040", "Aluminium profile 40x40, groove 8", Pipe, 14_9000, 1, Mtr, Scarce(6, 300, 10)),
    row("NW-1041", "Square tube 40x40x3 mm, S235", Pipe, 7_9500, 1, Mtr, Shelf([540, 228, 312])),
    row("NW-1042", "Multi-purpose grease, lithium, EP2", Chem, 9_4000, 1, Kg, Shelf([360, 145, 210])),
    row("NW-1043", "Welding wire G3Si1 1.0 mm", Chem, 3_8700, 1, Kg, Shelf([2_250, 1_080, 1_350])),
    row("NW-1044", "Absorbent granulate, type III R", Chem, 1_1900, 1, Kg, Shelf([4_000, 2_600, 3_200])),
    row("NW-1045", "Assembly adhesive MS polymer 290 ml", Chem, 8_9500, 1, Pce, Shelf([480, 240, 336])),
    row("NW-1046", "Thread locker medium, 50 ml", Chem, 16_9000, 1, Pce, Shelf([96, 42, 61])),
    row("NW-1047", "Brake cleaner spray 500 ml", Chem, 3_2500, 1, Pce, Shelf([1_900, 1_150, 1_400])),
    row("NW-1048", "Cutting oil, chlorine free, 5 l canister", Chem, 46_0000, 1, Pce, Gone),
    row("NW-1049", "Cleaning wipes, bucket of 150", Chem, 13_7500, 1, Pce, Shelf([230, 120, 150])),
    row("NW-1050", "Safety helmet EN 397, white", Safe, 14_9000, 1, Pce, Shelf([260, 130, 190])),
    row("NW-1051", "Assembly gloves size 9, nitrile, pack of 12", Safe, 28_8000, 1, Pk, Shelf([410, 220, 305])),
    row("NW-1052", "Safety glasses EN 166, clear", Safe, 7_6500, 1, Pce, Shelf([540, 310, 420])),
    row("NW-1053", "Half mask FFP2 NR D with valve, pack of 10", Safe, 19_9000, 1, Pk, Shelf([350, 170, 240])),
    row("NW-1054", "Fall arrest harness with lanyard, set", Safe, 129_0000, 1, Pce, Shelf([5, 2, 3])),
    row("NW-1055", "High-visibility vest, class 2, size XL", Safe, 5_4500, 1, Pce, Shelf([700, 420, 515])),
    row("NW-1056", "Ear defenders SNR 32 dB", Safe, 21_5000, 1, Pce, Scarce(2, 80, 3)),
    row("NW-1057", "First aid box DIN 13157", Safe, 34_5000, 1, Pce, Shelf([75, 38, 52])),
    row("NW-1058", "Circuit breaker B16, 1 pole, 6 kA", Elec, 3_9500, 1, Pce, Shelf([1_600, 900, 1_100])),
    row("NW-1059", "Residual current device 40 A, 30 mA, type A, 4 pole", Elec, 46_8000, 1, Pce, Shelf([130, 66, 84])),
    row("NW-1060", "CEE socket 16 A, 5 pole, surface mounted", Elec, 12_9500, 1, Pce, Shelf([210, 115, 160])),
    row("NW-1061", "LED floodlight 50 W, IP65, 4000 K", Elec, 39_9000, 1, Pce, Shelf([64, 28, 45])),
    row("NW-1062", "Terminal block 2.5 mm2, grey, pack of 50", Elec, 33_4000, 1, Pk, Shelf([190, 85, 120])),
    row("NW-1063", "Contactor 3 pole, 7.5 kW, 230 V coil", Elec, 58_2000, 1, Pce, Coming(40, 6)),
    row("NW-1064", "Proximity sensor M12, PNP, 4 mm", Elec, 27_6000, 1, Pce, Shelf([7, 0, 4])),
    row("NW-1065", "Handbook: Thread and Fastener Tables, 14th edition", Book, 42_0000, 1, Pce, Shelf([60, 22, 35])),
    row("NW-1066", "Handbook: Electrical Installation in Practice", Book, 54_9000, 1, Pce, Shelf([28, 9, 16])),
    row("NW-1067", "Wall chart: Safe Loads for Slings", Book, 8_4100, 1, Pce, Shelf([150, 40, 65])),
    row("NW-1068", "Switch cabinet 800x600x300, wired to drawing", Made, 14_800_000, 1, Pce, ToOrder(25)),
    row("NW-1069", "Flange gasket, cut to drawing, up to DN 300", Made, 18_7500, 1, Pce, ToOrder(4)),
    row("NW-1070", "Nameplate, engraved, 100x50 mm, anodized", Made, 11_3500, 1, Pce, ToOrder(6)),
    row("NW-1071", "Cable assembly to drawing, connectors fitted", Made, 64_0000, 1, Pce, ToOrder(10)),
    row("NW-1072", "Hydraulic hose, pressed to length", Made, 38_4000, 1, Mtr, ToOrder(2)),
];
