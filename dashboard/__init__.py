"""What researchers look at: Streamlit pages, the queries behind them and the charts."""
